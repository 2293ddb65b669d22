"""Which results share memory: with the carried state, with what they replace, with what is over.

First the carried state: an operation that makes the next state from the last one (a shift, a fill,
an entry set) does so where the state lies, if everything that still reads the old one can run
before it. The operations are put in order accordingly. Then the parts of a concatenation are made
where they will lie, elements are replaced in place, and what is left shares one working memory by
its lifetime.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence

from gaitcast.deploy.c99.program import Operation, copying
from gaitcast.deploy.c99.storage import BYTES, Buffer, View
from gaitcast.errors import GaitcastError


class MemoryPlan:
    """Order of the operations, and the place of every buffer.

    Parameters
    ----------
    operations : sequence of Operation
        In an order that they can be computed in.
    kept : sequence of tuple of Buffer and View
        A place that outlives the step (state, forecast), and the value that it must hold at the
        end of it.

    Attributes
    ----------
    order : list of Operation
        As they are computed.
    work : dict of str to int
        Numbers of working memory by C type.
    """

    def __init__(
        self, operations: Sequence[Operation], kept: Sequence[tuple[Buffer, View]]
    ) -> None:
        self.order = list(operations)
        self._after: dict[Operation, set[Operation]] = defaultdict(set)
        self._apart(kept)
        self._index()
        for place, _ in kept:
            self._replace_in_place(place)
        self._sort()
        self._join_in_place()
        self._elements_in_place()
        self.work = self._share()

    def _apart(self, kept: Sequence[tuple[Buffer, View]]) -> None:
        """Add the copy into each place that outlives the step; what is not needed goes later.

        A value that lies in another such place is taken out of it before.
        """
        self._copies = dict[Buffer, Operation]()
        places = {place for place, _ in kept}
        for place, value in kept:
            if value.buffer is place and value.is_whole:
                continue
            source = value
            if value.buffer in places:
                source = View.of(Buffer(place.c_type, value.size), value.shape)
                self.order.append(copying(value, source.buffer))
            target = Buffer(place.c_type, place.size, home=place)
            self._copies[place] = copying(source, target)
            self.order.append(self._copies[place])

    def _index(self) -> None:
        self._readers: dict[Buffer, list[Operation]] = defaultdict(list)
        self._writer = dict[Buffer, Operation]()
        for operation in self.order:
            for view in operation.reads:
                self._readers[view.buffer].append(operation)
            for buffer in operation.writes:
                self._writer[buffer] = operation
        for buffer, readers in self._readers.items():
            if buffer in self._writer:
                for reader in readers:
                    self._after[self._writer[buffer]].add(reader)

    def _replace_in_place(self, place: Buffer) -> None:
        """Follow the state from what it was to what it will be, as far as it can stay in place."""
        current, copy = place, self._copies.get(place)
        if copy is None:
            return
        wanted = self._before(copy)
        while True:
            # The most direct way: a state that also goes into the forecast is not spent on that.
            near = [op for op in dict.fromkeys(self._readers[current]) if op in wanted]
            for reader in sorted(near, key=wanted.__getitem__):
                if reader is not copy and _replaces(reader, current):
                    others = [r for r in self._readers[current] if r is not reader]
                    if self._ordered(others, reader):
                        reader.writes[0].home = place
                        current = reader.writes[0]
                        break
            else:
                break
        source = copy.reads[0]
        made = source.buffer
        if made is current and source.is_whole:
            self._drop(copy)
            return
        writer = self._writer.get(made)
        readers = [r for r in self._readers[current] if r is not writer]
        reads_old = writer is not None and any(v.buffer is current for v in writer.reads)
        free = made.home is None and source.is_whole and made.is_work and not reads_old
        earlier = [*readers, *([self._writer[current]] if current in self._writer else [])]
        earlier = [op for op in earlier if op is not copy]
        if writer is not None and free and self._ordered(earlier, writer):
            made.home = place
            self._drop(copy)
        elif not self._ordered(earlier, copy):
            raise GaitcastError(f"the carried state '{place.array}' cannot be put in order")

    def _drop(self, copy: Operation) -> None:
        self.order.remove(copy)
        for view in copy.reads:
            self._readers[view.buffer].remove(copy)
        for later in self._after.values():
            later.discard(copy)

    def _before(self, operation: Operation) -> dict[Operation, int]:
        """Everything that it hangs on, nearest first, and over how many operations."""
        earlier = defaultdict[Operation, list[Operation]](list)
        for one in self.order:
            for other in self._after[one]:
                earlier[other].append(one)
        found, left = {operation: 0}, deque([operation])
        while left:
            here = left.popleft()
            for one in earlier[here]:
                if one not in found:
                    found[one] = found[here] + 1
                    left.append(one)
        return found

    def _ordered(self, earlier: Iterable[Operation], later: Operation) -> bool:
        """Have operations run before another one, if no circle comes of it."""
        behind, left = {later}, [later]
        while left:
            for one in self._after[left.pop()] - behind:
                behind.add(one)
                left.append(one)
        wanted = {*earlier}
        if wanted & behind:
            return False
        for one in wanted:
            self._after[one].add(later)
        return True

    def _sort(self) -> None:
        """Put all operations in order, near to the order of the graph."""
        waiting = dict.fromkeys(self.order, 0)
        for one in self.order:
            for later in self._after[one]:
                waiting[later] += 1
        rank = {operation: k for k, operation in enumerate(self.order)}
        ready = sorted((op for op, n in waiting.items() if not n), key=rank.__getitem__)
        made = []
        while ready:
            one = ready.pop(0)
            made.append(one)
            fresh = []
            for later in self._after[one]:
                waiting[later] -= 1
                if not waiting[later]:
                    fresh.append(later)
            ready = sorted([*ready, *fresh], key=rank.__getitem__)
        self.order = made

    def _join_in_place(self) -> None:
        for operation in self.order:
            result = operation.writes[0]
            if not operation.parts or not result.is_work:
                continue
            for view, part in zip(operation.reads, operation.parts, strict=True):
                inner = view.buffer
                free = inner.is_work and inner.home is None and view.is_whole
                if free and part.is_dense and inner in self._writer:
                    inner.home, inner.shift = result, part.offset

    def _elements_in_place(self) -> None:
        for operation in self.order:
            first, last = self._lifetimes()
            result = operation.writes[0]
            for number in operation.replaces:
                view = operation.reads[number]
                old = view.buffer
                over = old.is_work and old.home is None and last.get(old) == first.get(result)
                free = result.home is None and result.is_work and not operation.parts
                if over and free and _replaces(operation, old):
                    result.home = old
                    break

    def _lifetimes(self) -> tuple[dict[Buffer, int], dict[Buffer, int]]:
        """First and last operation that a root of working memory is used by."""
        first, last = dict[Buffer, int](), dict[Buffer, int]()
        for number, operation in enumerate(self.order):
            for buffer in (*operation.writes, *(view.buffer for view in operation.reads)):
                root = buffer.root[0]
                if root.is_work:
                    first.setdefault(root, number)
                    last[root] = number
        return first, last

    def _share(self) -> dict[str, int]:
        """Give each root of working memory its place: large ones first, as low as is free."""
        first, last = self._lifetimes()
        size = dict.fromkeys(BYTES, 0)
        placed: list[Buffer] = []
        for buffer in sorted(first, key=lambda b: -b.size):
            beside = sorted(
                (b.offset, b.offset + b.size)
                for b in placed
                if b.c_type == buffer.c_type
                and first[b] <= last[buffer]
                and first[buffer] <= last[b]
            )
            start = 0
            for begin, end in beside:
                if start + buffer.size <= begin:
                    break
                start = max(start, end)
            buffer.offset, buffer.array = start, f"work_{buffer.c_type}"
            placed.append(buffer)
            size[buffer.c_type] = max(size[buffer.c_type], start + buffer.size)
        return {c_type: count for c_type, count in size.items() if count}


def _replaces(operation: Operation, old: Buffer) -> bool:
    """Whether an operation may write its result over a buffer that it reads."""
    result = operation.writes[0]
    if result.home is not None or result.size != old.size or result.c_type != old.c_type:
        return False
    root = old.root[0]
    numbers = [k for k, view in enumerate(operation.reads) if view.buffer.root[0] is root]
    if any(operation.reads[k].buffer is not old for k in numbers):
        return False
    if not numbers or not {*numbers} <= {*operation.replaces}:
        return False
    if operation.parts:
        return len(numbers) == 1
    return all(operation.reads[k].is_whole for k in numbers)
