"""Who is served when."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from s2f_core.demo.queue import BusyError, Desk, SupersededError


def _run(test: Callable[[Desk], Awaitable[None]], most: int = 8) -> None:
    async def inside() -> None:
        desk = Desk(1, most)
        try:
            await test(desk)
        finally:
            desk.close()

    asyncio.run(inside())


class _Work:
    """Work that notes its name when it is begun, and waits until it may go on."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.go = threading.Event()

    def __call__(self, name: str) -> Callable[[], str]:
        def made() -> str:
            self.begun.append(name)
            self.go.wait(5)
            return name

        return made


async def _soon(
    desk: Desk, client: str, work: Callable[[], str], key: str = "picture"
) -> asyncio.Task[str]:
    """The work's task, when it stands in line."""
    task = asyncio.create_task(desk.do(client, key, work, 10))
    await asyncio.sleep(0)
    return task


def test_of_one_key_only_the_newest_waits() -> None:
    """While the first is computed, the second is superseded by the third and never begun."""
    work = _Work()

    async def test(desk: Desk) -> None:
        first, second = [await _soon(desk, "ana", work(name)) for name in ("1", "2")]
        other = await _soon(desk, "bo", work("other"))
        third = await _soon(desk, "ana", work("3"))
        with pytest.raises(SupersededError):
            await second
        work.go.set()
        assert [await task for task in (first, other, third)] == ["1", "other", "3"]
        assert work.begun == ["1", "3", "other"]  # in the place of the second

    _run(test)


def test_no_more_wait_than_may() -> None:
    """The one too many is told at once; who waited is served."""
    go = threading.Event()

    def work() -> str:
        go.wait(5)
        return "done"

    async def test(desk: Desk) -> None:
        there = [await _soon(desk, key, work) for key in "ab"]
        with pytest.raises(BusyError):
            await desk.do("c", "picture", work, 10)
        go.set()
        assert [await task for task in there] == ["done"] * 2

    _run(test, most=1)


def test_time_over_frees_no_thread_before_it_is_free() -> None:
    """A slow work keeps its thread; who gave up waiting is not begun; the next is served."""
    begun, go = [], threading.Event()

    def slow() -> str:
        go.wait(5)
        return "slow"

    async def test(desk: Desk) -> None:
        with pytest.raises(TimeoutError):
            await desk.do("a", "picture", slow, 0.01)
        with pytest.raises(TimeoutError):
            await desk.do("b", "picture", lambda: begun.append("b"), 0.01)
        go.set()
        assert await desk.do("c", "picture", lambda: "c", 5) == "c"
        assert begun == []

    _run(test)


def test_an_error_reaches_who_asked() -> None:
    """And the thread serves the next."""

    def fails() -> str:
        raise ValueError("no")

    async def test(desk: Desk) -> None:
        with pytest.raises(ValueError, match="no"):
            await desk.do("a", "picture", fails, 5)
        assert await desk.do("a", "picture", lambda: "yes", 5) == "yes"

    _run(test)


def test_clients_have_turns() -> None:
    """Who asks for three things has one served, then the others have theirs."""
    work = _Work()

    async def test(desk: Desk) -> None:
        tasks = [await _soon(desk, "first", work("first"))]
        tasks += [await _soon(desk, "ana", work(f"ana {key}"), key) for key in "123"]
        tasks += [await _soon(desk, name, work(name)) for name in ("bo", "cy")]
        work.go.set()
        await asyncio.gather(*tasks)
        assert work.begun == ["first", "ana 1", "bo", "cy", "ana 2", "ana 3"]

    _run(test)


def test_who_has_most_makes_room() -> None:
    """Its newest is told that it is busy; one who would then have as many gets no room."""
    work = _Work()

    async def test(desk: Desk) -> None:
        tasks = [await _soon(desk, "first", work("first"))]
        tasks += [await _soon(desk, "ana", work(f"ana {key}"), key) for key in "123"]
        tasks.append(await _soon(desk, "bo", work("bo")))
        with pytest.raises(BusyError):
            await tasks[3]
        with pytest.raises(BusyError):
            await desk.do("bo", "another", work("bo 2"), 10)
        work.go.set()
        await asyncio.gather(*tasks[:3], tasks[4])
        assert work.begun == ["first", "ana 1", "bo", "ana 2"]

    _run(test, most=3)


def test_who_was_told_no_leaves_nothing_behind() -> None:
    """After time over, refusals and a cancelled client, all threads are free and nobody waits."""
    work = _Work()

    async def test(desk: Desk) -> None:
        first = await _soon(desk, "first", work("first"))
        gone = await _soon(desk, "ana", work("gone"))
        stays = await _soon(desk, "ana", work("stays"), "another")
        with pytest.raises(TimeoutError):
            await desk.do("bo", "picture", work("late"), 0.01)
        gone.cancel()
        work.go.set()
        await asyncio.gather(first, stays)
        assert work.begun == ["first", "stays"]
        assert not desk._waiting
        assert desk._free == 1

    _run(test)
