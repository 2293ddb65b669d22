"""The generated files: header, source and a main program for a table of samples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

from gaitcast.deploy.c99.c_code import FUNCTIONS, Code, literal
from gaitcast.deploy.c99.memory_plan import MemoryPlan
from gaitcast.deploy.c99.storage import Buffer
from gaitcast.runtime import Card

_PROTOTYPES = """\
/* Forget everything, what was learnt of the wearer included. Call it before the first sample. */
void gaitcast_reset(void);

/* Take one sample and give a forecast.
 *
 * sample:   GAITCAST_CHANNELS values, in the order and units above.
 * dt_s:     time since the sample before, s; 0 marks the first one of a segment. After more than
 *           GAITCAST_MAX_GAP_S a new segment begins by itself. What was learnt of the wearer stays.
 * forecast: GAITCAST_STEPS rows of GAITCAST_TARGETS values.
 *
 * Returns GAITCAST_READY, GAITCAST_WARMING_UP (the forecast does not count yet), or
 * GAITCAST_BAD_SAMPLE: a value is not finite or dt_s is negative; state and forecast are as before.
 */
int gaitcast_step(const float *sample, float dt_s, float *forecast);

/* Whether the last sample's forecast counts. */
int gaitcast_ready(void);

/* Everything that is carried, to be kept and put back (memcpy) by the same program. */
void *gaitcast_state(void);
size_t gaitcast_state_size(void);
"""
_SETTER = """
/* Set what is known of the wearer: GAITCAST_COVARIATES values, in the order above. They are zero
 * before, and outlive gaitcast_reset. */
void gaitcast_set_covariates(const float *values);
"""
_MAIN = """\
/* Reads "dt_s,channel,channel,..." lines from standard input, writes a line of forecasts for each
 * sample that gives one: steps times targets. Arguments are the covariates. */
#include <stdio.h>
#include <stdlib.h>

#include "gaitcast.h"

int main(int count, char **arguments)
{
    float sample[GAITCAST_CHANNELS], forecast[GAITCAST_STEPS * GAITCAST_TARGETS], dt_s;
    gaitcast_reset();
    if (count != 1 + GAITCAST_COVARIATES) {
        fprintf(stderr, "give %d covariates\\n", GAITCAST_COVARIATES);
        return 2;
    }
@SETTER@    (void)arguments;
    while (scanf("%f", &dt_s) == 1) {
        for (int i = 0; i < GAITCAST_CHANNELS; ++i)
            if (scanf(",%f", &sample[i]) != 1) return 2;
        int done = gaitcast_step(sample, dt_s, forecast);
        if (done == GAITCAST_BAD_SAMPLE) return 3;
        if (done == GAITCAST_WARMING_UP) continue;
        for (int i = 0; i < GAITCAST_STEPS * GAITCAST_TARGETS; ++i)
            printf(i ? ",%.9g" : "%.9g", (double)forecast[i]);
        printf("\\n");
    }
    return 0;
}
"""
_MAIN_SETTER = """\
    float known[GAITCAST_COVARIATES];
    for (int i = 0; i < GAITCAST_COVARIATES; ++i) known[i] = strtof(arguments[1 + i], NULL);
    gaitcast_set_covariates(known);
"""


def header(card: Card, comment: str) -> str:
    """``gaitcast.h``.

    Parameters
    ----------
    comment : str
        Further lines on how it was made.
    """
    described = [
        f"Forecasts of bundle '{card.name}', made by 'gaitcast compile'. {comment}",
        "",
        "Channels of a sample:",
        *_numbered(card.channels, card.units),
        "Targets of a forecast:",
        *_numbered(card.targets, card.target_units),
        f"Steps ahead, samples: {card.first} to {card.horizon}, "
        f"{1000 * card.ahead_s[0]:g} to {1000 * card.ahead_s[-1]:g} ms.",
        *(
            ["Covariates:", *_numbered(card.covariates, [""] * len(card.covariates))]
            if card.covariates
            else []
        ),
        f"Samples must come at {card.rate_hz:g} Hz: bringing raw samples to that rate (jitter, a"
        " faster sensor and its low-pass) is outside this code.",
        f"Warm-up: {card.warmup} samples from the start of a segment.",
        "One stream in one thread: state and working memory are static.",
        f"Graph: sha256 {card.graph_sha256}.",
    ]
    numbers = {
        "CHANNELS": len(card.channels),
        "TARGETS": len(card.targets),
        "STEPS": len(card.steps),
        "FIRST_STEP": card.first,
        "COVARIATES": len(card.covariates),
        "WARMUP": card.warmup,
        "RATE_HZ": literal(card.rate_hz, "float"),
        "MAX_GAP_S": literal(card.max_gap_s, "float"),
        "READY": 1,
        "WARMING_UP": 0,
        "BAD_SAMPLE": "(-1)",
    }
    lines = [f" * {line}".rstrip().replace("*/", "* /") for line in described]
    return "\n".join(
        [
            "/*", *lines, " */", "#ifndef GAITCAST_H", "#define GAITCAST_H", "",
            "#include <stddef.h>", "", "#ifdef __cplusplus", 'extern "C" {', "#endif", "",
            *(f"#define GAITCAST_{name} {value}" for name, value in numbers.items()), "",
            _PROTOTYPES + (_SETTER if card.covariates else ""),
            "#ifdef __cplusplus", "}", "#endif", "#endif", "",
        ]
    )  # fmt: skip


def main_program(card: Card) -> str:
    """``main.c``: what the tests run, and an example."""
    return _MAIN.replace("@SETTER@", _MAIN_SETTER if card.covariates else "")


def source(
    card: Card,
    plan: MemoryPlan,
    code: Code,
    states: Mapping[str, Buffer],
    begins: Mapping[str, np.ndarray],
) -> str:
    """``gaitcast.c``.

    Parameters
    ----------
    code : Code
        Body of the step.
    states : dict of str to Buffer
        What is carried, by its name in C.
    begins : dict of str to numpy.ndarray
        What some of it begins with, by the same names.
    """
    numbers = {f"begin_{name}": Buffer.constant(v) for name, v in begins.items()}
    numbers |= {buffer.array: buffer for buffer in code.constants.values()}
    body = "\n".join(code.lines)
    work = [f"static {kind} work_{kind}[{count}];" for kind, count in plan.work.items()]
    fields = [f"    float {name}[{buffer.size}];" for name, buffer in states.items()]
    if card.covariates:
        work.append(f"static float covariates[{len(card.covariates)}];")
    parts = [
        f"/* Step of bundle '{card.name}', made by 'gaitcast compile'. */",
        *(f"#include <{name}.h>" for name in ("math", "stdint", "string")),
        '\n#include "gaitcast.h"\n',
        *(array(name, buffer.values, buffer.c_type) for name, buffer in numbers.items()
          if buffer.values is not None),
        "static struct {", "    int32_t seen;", *fields, "} state;",
        *work,
        *(FUNCTIONS[name].rstrip("\n") for name in FUNCTIONS if name in code.functions),
        _reset(begins),
        _SERVICE,
        _SET if card.covariates else "",
        _BEFORE + body + "\n" + _AFTER,
    ]  # fmt: skip
    return "\n".join(part for part in parts if part)


_SERVICE = """
int gaitcast_ready(void)
{
    return state.seen >= GAITCAST_WARMUP;
}

void *gaitcast_state(void)
{
    return &state;
}

size_t gaitcast_state_size(void)
{
    return sizeof state;
}
"""
_SET = """\
void gaitcast_set_covariates(const float *values)
{
    memcpy(covariates, values, sizeof covariates);
}
"""
_BEFORE = """\
int gaitcast_step(const float *sample, float dt_s, float *forecast)
{
    if (!(dt_s >= 0.0f)) return GAITCAST_BAD_SAMPLE;
    for (int i = 0; i < GAITCAST_CHANNELS; ++i)
        if (!isfinite(sample[i])) return GAITCAST_BAD_SAMPLE;
    if (dt_s > GAITCAST_MAX_GAP_S + 1e-6f) dt_s = 0.0f;
"""
_AFTER = """\
    if (dt_s == 0.0f) state.seen = 0;
    if (state.seen < GAITCAST_WARMUP) ++state.seen;
    return gaitcast_ready() ? GAITCAST_READY : GAITCAST_WARMING_UP;
}
"""


def _reset(begins: Iterable[str]) -> str:
    copies = [f"    memcpy(state.{name}, begin_{name}, sizeof begin_{name});" for name in begins]
    lines = ["", "void gaitcast_reset(void)", "{", "    memset(&state, 0, sizeof state);"]
    return "\n".join([*lines, *copies, "}"])


def _numbered(names: Iterable[str], units: Iterable[str]) -> list[str]:
    pairs = zip(names, units, strict=True)
    return [f"  {k}: {name} [{unit}]".replace(" []", "") for k, (name, unit) in enumerate(pairs)]


def array(name: str, values: np.ndarray, c_type: str) -> str:
    """A constant array, in flash."""
    texts = [literal(v, c_type).strip("()") for v in values.tolist()]
    rows = [", ".join(texts[k : k + 8]) for k in range(0, len(texts), 8)]
    body = ",\n    ".join(rows)
    return f"static const {c_type} {name}[{len(texts)}] = {{\n    {body}}};"


def c_name(name: str) -> str:
    """A name of the graph as one of C."""
    return re.sub(r"\W", "_", name.removeprefix("state_"))
