"""Lines of C: loops over views, elements of views, and the functions that they call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from gaitcast.deploy.c99.storage import Buffer, View

#: Functions of the generated file, written only where they are called.
FUNCTIONS = {
    "dot": """
static float dot(const float *a, const float *b, int n)
{
    float s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f;
    int i = 0;
    for (; i + 3 < n; i += 4) {
        s0 += a[i] * b[i];
        s1 += a[i + 1] * b[i + 1];
        s2 += a[i + 2] * b[i + 2];
        s3 += a[i + 3] * b[i + 3];
    }
    for (; i < n; ++i) s0 += a[i] * b[i];
    return (s0 + s1) + (s2 + s3);
}
""",
    "dot_strided": """
static float dot_strided(const float *a, int step_a, const float *b, int step_b, int n)
{
    float s0 = 0.0f, s1 = 0.0f;
    int i = 0;
    for (; i + 1 < n; i += 2) {
        s0 += a[i * step_a] * b[i * step_b];
        s1 += a[(i + 1) * step_a] * b[(i + 1) * step_b];
    }
    if (i < n) s0 += a[i * step_a] * b[i * step_b];
    return s0 + s1;
}
""",
    "dot_int8": """
static float dot_int8(const float *a, int step_a, const int8_t *b, int n)
{
    float s0 = 0.0f, s1 = 0.0f;
    int i = 0;
    for (; i + 1 < n; i += 2) {
        s0 += a[i * step_a] * (float)b[i];
        s1 += a[(i + 1) * step_a] * (float)b[i + 1];
    }
    if (i < n) s0 += a[i * step_a] * (float)b[i];
    return s0 + s1;
}
""",
    "sigmoid": """
static float sigmoid(float x)
{
    return 1.0f / (1.0f + expf(-x));
}
""",
}


def literal(value: float | int | bool, c_type: str) -> str:
    """A number as C reads it back to the same bits."""
    if c_type != "float":
        return str(int(value))
    if not np.isfinite(value):
        return "NAN" if np.isnan(value) else "INFINITY" if value > 0 else "(-INFINITY)"
    text = f"{np.float32(value):.9g}"
    text = text if set(text) & set(".e") else f"{text}.0"
    return f"({text}f)" if text.startswith("-") else f"{text}f"


def merged(
    shape: tuple[int, ...], strides: Sequence[tuple[int, ...]]
) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """The same loops with as few levels as the strides allow."""
    levels: list[tuple[int, tuple[int, ...]]] = []
    for axis, count in enumerate(shape):
        if count == 1:
            continue
        steps = tuple(s[axis] for s in strides)
        if levels and all(
            old == count * new for old, new in zip(levels[-1][1], steps, strict=True)
        ):
            levels[-1] = (levels[-1][0] * count, steps)
        else:
            levels.append((count, steps))
    return tuple(n for n, _ in levels), [
        tuple(steps[k] for _, steps in levels) for k in range(len(strides))
    ]


class Code:
    """Collects the lines of one function body."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.functions: set[str] = set()
        self.constants: dict[tuple[str, bytes], Buffer] = {}
        self._depth = 1
        self._names = 0

    def add(self, line: str) -> None:
        """Append a line at the present depth."""
        self.lines.append("    " * self._depth + line)

    def call(self, function: str) -> str:
        """Name of a function of :data:`FUNCTIONS`, which is written into the file."""
        self.functions.add(function)
        return function

    def name(self, start: str) -> str:
        """A name that no other variable has."""
        self._names += 1
        return f"{start}{self._names}"

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Lines in braces behind `head`."""
        self.add(f"{head} {{" if head else "{")
        self._depth += 1
        yield
        self._depth -= 1
        self.add("}")

    @contextmanager
    def loops(self, shape: Sequence[int]) -> Iterator[list[str]]:
        """Nested loops; yields an index for each axis, "0" where there is one element."""
        opened, names = 0, []
        for count in shape:
            if count == 1:
                names.append("0")
                continue
            name = f"i{self._depth}"
            names.append(name)
            self.add(f"for (int {name} = 0; {name} < {count}; ++{name}) {{")
            self._depth += 1
            opened += 1
        yield names
        for _ in range(opened):
            self._depth -= 1
            self.add("}")

    def _array(self, buffer: Buffer) -> str:
        if buffer.values is None:
            return buffer.array
        same = (buffer.c_type, buffer.values.tobytes())
        known = self.constants.setdefault(same, buffer)
        if not known.array:
            known.array = f"constant_{len(self.constants)}"
        return known.array

    def index(self, view: View, at: Sequence[str]) -> str:
        """Index in the root's array of an element."""
        root, start = view.place
        first = root.offset + start
        terms = [
            i if s == 1 else f"{s} * {i if i.isidentifier() or i.isdigit() else f'({i})'}"
            for i, s in zip(at, view.strides, strict=True)
            if s and i != "0"
        ]
        return " + ".join([*terms, *([str(first)] if first or not terms else [])])

    def element(self, view: View, at: Sequence[str]) -> str:
        """An element as an expression; known numbers are written as such."""
        values = view.buffer.values
        if values is not None and len(values) and (values == values[0]).all():
            return literal(values[0], view.buffer.c_type)
        root = view.place[0]
        if root.array == "dt_s":
            return "dt_s"
        return f"{self._array(root)}[{self.index(view, at)}]"

    def pointer(self, view: View, at: Sequence[str] | None = None) -> str:
        """Address of an element, by default of the first."""
        root = view.place[0]
        where = self.index(view, at or ["0"] * len(view.shape))
        if root.array == "dt_s":
            return "&dt_s"
        return self._array(root) if where == "0" else f"&{self._array(root)}[{where}]"

    def each(self, out: View, inputs: Sequence[View], compute: Callable[..., str]) -> None:
        """Set every element of a view from the elements of others, broadcast to it."""
        views = [out, *(view.broadcast(out.shape) for view in inputs)]
        shape, strides = merged(out.shape, [view.strides for view in views])
        flat = [
            View(view.buffer, shape, steps, view.offset)
            for view, steps in zip(views, strides, strict=True)
        ]
        with self.loops(shape) as at:
            result, *given = (self.element(view, at) for view in flat)
            self.add(f"{result} = {compute(*given)};")

    def copy(self, source: View, target: View) -> None:
        """Copy a view; nothing where it lies there already."""
        if source.place == target.place and _same(source, target):
            return
        self.each(target, [source], lambda x: x)


def _same(one: View, other: View) -> bool:
    pairs = zip(one.shape, one.strides, other.strides, strict=True)
    return all(n == 1 or s == t for n, s, t in pairs)
