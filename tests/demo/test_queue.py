"""The queue: turns, capacity, replacement, timeouts and cancellation."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from s2f_core.demo.queue import FairQueue, QueueFullError, SupersededError


def _run(test: Callable[[FairQueue], Awaitable[None]], capacity: int = 8) -> None:
    """Run a test with a queue of one thread."""

    async def inside() -> None:
        queue = FairQueue(1, capacity)
        try:
            await test(queue)
        finally:
            queue.close()

    asyncio.run(inside())


class _Jobs:
    """Makes jobs that append their name to ``started``, then wait for ``resume``."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.resume = threading.Event()

    def __call__(self, name: str) -> Callable[[], str]:
        def job() -> str:
            self.started.append(name)
            self.resume.wait(5)
            return name

        return job


async def _enqueue(
    queue: FairQueue, client: str, job: Callable[[], str], key: str = "picture"
) -> asyncio.Task[str]:
    """Start the task of a job and return it once the job is in the queue."""
    task = asyncio.create_task(queue.run(client, key, job, 10))
    await asyncio.sleep(0)
    return task


def test_newer_job_of_the_same_key_replaces_the_waiting_one() -> None:
    """While the first runs, the third replaces the second, which never runs."""
    jobs = _Jobs()

    async def test(queue: FairQueue) -> None:
        first, second = [await _enqueue(queue, "ana", jobs(name)) for name in ("1", "2")]
        other = await _enqueue(queue, "bo", jobs("other"))
        third = await _enqueue(queue, "ana", jobs("3"))
        with pytest.raises(SupersededError):
            await second
        jobs.resume.set()
        assert [await task for task in (first, other, third)] == ["1", "other", "3"]
        assert jobs.started == ["1", "3", "other"]  # in the place of the second

    _run(test)


def test_full_queue_rejects_a_job() -> None:
    """The job beyond the capacity fails at once; those in the queue run."""
    resume = threading.Event()

    def job() -> str:
        resume.wait(5)
        return "done"

    async def test(queue: FairQueue) -> None:
        tasks = [await _enqueue(queue, client, job) for client in "ab"]
        with pytest.raises(QueueFullError):
            await queue.run("c", "picture", job, 10)
        resume.set()
        assert [await task for task in tasks] == ["done"] * 2

    _run(test, capacity=1)


def test_timeout_does_not_free_a_busy_thread() -> None:
    """A slow job keeps its thread; a job that timed out while it waited never runs."""
    started, resume = [], threading.Event()

    def slow() -> str:
        resume.wait(5)
        return "slow"

    async def test(queue: FairQueue) -> None:
        with pytest.raises(TimeoutError):
            await queue.run("a", "picture", slow, 0.01)
        with pytest.raises(TimeoutError):
            await queue.run("b", "picture", lambda: started.append("b"), 0.01)
        resume.set()
        assert await queue.run("c", "picture", lambda: "c", 5) == "c"
        assert started == []

    _run(test)


def test_error_of_a_job_is_raised_and_frees_the_thread() -> None:
    """The next job runs."""

    def failing() -> str:
        raise ValueError("no")

    async def test(queue: FairQueue) -> None:
        with pytest.raises(ValueError, match="no"):
            await queue.run("a", "picture", failing, 5)
        assert await queue.run("a", "picture", lambda: "yes", 5) == "yes"

    _run(test)


def test_clients_take_turns() -> None:
    """A client with three jobs gets one, then the other clients have theirs."""
    jobs = _Jobs()

    async def test(queue: FairQueue) -> None:
        tasks = [await _enqueue(queue, "first", jobs("first"))]
        tasks += [await _enqueue(queue, "ana", jobs(f"ana {key}"), key) for key in "123"]
        tasks += [await _enqueue(queue, name, jobs(name)) for name in ("bo", "cy")]
        jobs.resume.set()
        await asyncio.gather(*tasks)
        assert jobs.started == ["first", "ana 1", "bo", "cy", "ana 2", "ana 3"]

    _run(test)


def test_client_with_most_jobs_makes_room() -> None:
    """Its newest job is rejected, unless the other client would then have as many."""
    jobs = _Jobs()

    async def test(queue: FairQueue) -> None:
        tasks = [await _enqueue(queue, "first", jobs("first"))]
        tasks += [await _enqueue(queue, "ana", jobs(f"ana {key}"), key) for key in "123"]
        tasks.append(await _enqueue(queue, "bo", jobs("bo")))
        with pytest.raises(QueueFullError):
            await tasks[3]
        with pytest.raises(QueueFullError):
            await queue.run("bo", "another", jobs("bo 2"), 10)
        jobs.resume.set()
        await asyncio.gather(*tasks[:3], tasks[4])
        assert jobs.started == ["first", "ana 1", "bo", "ana 2"]

    _run(test, capacity=3)


def test_failed_and_cancelled_jobs_leave_nothing_behind() -> None:
    """After a timeout and a cancellation all threads are idle and no job waits."""
    jobs = _Jobs()

    async def test(queue: FairQueue) -> None:
        first = await _enqueue(queue, "first", jobs("first"))
        cancelled = await _enqueue(queue, "ana", jobs("cancelled"))
        other = await _enqueue(queue, "ana", jobs("other"), "another")
        with pytest.raises(TimeoutError):
            await queue.run("bo", "picture", jobs("late"), 0.01)
        cancelled.cancel()
        jobs.resume.set()
        await asyncio.gather(first, other)
        assert jobs.started == ["first", "other"]
        assert not queue._waiting
        assert queue._idle_threads == 1

    _run(test)
