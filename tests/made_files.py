"""Files of formats that no library here writes: MVNX and XDF, with known content."""

import struct

import numpy as np

SEGMENTS = ["Pelvis", "T8", "RightUpperLeg", "RightLowerLeg", "RightFoot", "RightToe", "LeftFoot"]
SENSORS = ["Pelvis", "T8", "RightLowerLeg", "LeftFoot"]
JOINTS = ["jL5S1", "jRightHip", "jRightKnee", "jRightAnkle", "jRightBallFoot"]


def floats(values):
    return " ".join(f"{value:.6f}" for value in np.ravel(values))


def mvnx_frame(k, rate=60, kind="normal", **change):
    # A shank sensor that is turned by +90 deg about z: its x is the laboratory's y.
    half = np.sqrt(0.5)
    turns = [[1, 0, 0, 0], [1, 0, 0, 0], [half, 0, 0, half], [1, 0, 0, 0]]
    parts = {
        "position": [[k * 0.02 + s, 0.1, 1 - 0.1 * s] for s in range(len(SEGMENTS))],
        "angularVelocity": [[0, 1, 0]] * len(SEGMENTS),
        "sensorFreeAcceleration": [[1, 2, 0]] * len(SENSORS),
        "sensorOrientation": turns,
        "jointAngle": [[1, 2, 10 * j + k] for j in range(len(JOINTS))],
        "footContacts": [k % 20 < 10, k % 20 < 12, False, False],
        **change,
    }
    inside = "".join(f"<{name}>{floats(values)}</{name}>" for name, values in parts.items())
    return f'<frame time="{round(1000 * k / rate)}" index="{k}" type="{kind}">{inside}</frame>'


def mvnx_document(frames, label="P07", head="", rate="60", contacts=""):
    def labels(kind, names):
        return "".join(f'<{kind} label="{name}" id="1"/>' for name in names)

    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{head}<mvnx version="4" '
        'xmlns="http://www.xsens.com/mvn/mvnx"><mvn version="2021"/>'
        f'<subject label="{label}" frameRate="{rate}"><segments>{labels("segment", SEGMENTS)}'
        f"</segments><sensors>{labels('sensor', SENSORS)}</sensors>"
        f"<joints>{labels('joint', JOINTS)}</joints>"
        "<fingerTrackingSegmentsLeft><segment label='LeftThumb'/></fingerTrackingSegmentsLeft>"
        f"{contacts}<frames>"
        f"{''.join(mvnx_frame(0, kind=kind) for kind in ('identity', 'tpose', 'tpose-isb'))}"
        f"{''.join(frames)}</frames></subject></mvnx>"
    )


XDF_N = 200
RNG = np.random.default_rng(0)
ACC = RNG.normal(0, 1, (XDF_N, 3))
LOCAL = 1000.0 + np.arange(XDF_N) / 100


def xdf_chunk(tag, content):
    return struct.pack("<BIH", 4, len(content) + 2, tag) + content


def xdf_header(number, name, rate, labels, units, form="float32"):
    channels = "".join(
        f"<channel><label>{a}</label><unit>{u}</unit></channel>"
        for a, u in zip(labels, units, strict=True)
    )
    text = (
        f"<?xml version='1.0'?><info><name>{name}</name><type>IMU</type><channel_count>"
        f"{len(labels)}</channel_count><nominal_srate>{rate}</nominal_srate><channel_format>{form}"
        f"</channel_format><desc><channels>{channels}</channels></desc></info>"
    )
    return xdf_chunk(2, struct.pack("<I", number) + text.encode())


def xdf_samples(number, times, values, kind="<f4"):
    rows = b""
    for time_s, row in zip(times, values, strict=True):
        stamp = b"\0" if np.isnan(time_s) else struct.pack("<Bd", 8, time_s)
        rows += stamp + np.asarray(row, kind).tobytes()
    return xdf_chunk(3, struct.pack("<IBI", number, 4, len(times)) + rows)


def xdf_words(number, times, texts):
    rows = b"".join(
        struct.pack("<BdBB", 8, t, 1, len(w.encode())) + w.encode()
        for t, w in zip(times, texts, strict=True)
    )
    return xdf_chunk(3, struct.pack("<IBI", number, 4, len(times)) + rows)


def xdf_offset(number, at, value):
    return xdf_chunk(4, struct.pack("<Idd", number, at, value))


def xdf_imu(
    number=1, name="Foot", shift=0.0, rate=100, labels=("ax", "ay", "az"), units=("g",) * 3
):
    times = LOCAL + shift
    return (
        xdf_header(number, name, rate, labels, units)
        + xdf_samples(number, times[:80], ACC[:80])
        + xdf_samples(number, times[80:], ACC[80:])
        + xdf_chunk(6, struct.pack("<I", number) + b"<info/>")
    )


def write_xdf(tmp_path, *parts, name="P1_walk.xdf"):
    path = tmp_path / name
    path.write_bytes(b"XDF:" + xdf_chunk(1, b"<?xml version='1.0'?><info/>") + b"".join(parts))
    return path
