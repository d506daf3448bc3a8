"""The schedule over 400 days that the test plays: clocks that change and are set, machines that sleep, two services."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select

from connector.days import day_date, day_number
from connector.errors import BusyError, RetryableError, StoppedError, UnsafeError
from connector.models import Run
from connector.settings import Settings
from connector.tables import table
from sync.language.voice import Voice
from sync.lock import writer
from sync.runs import last_day, recorded
from sync.schedule import AGAIN, Service, Timetable, alarms, ring
from sync.tasks.cycle import recompute_and_push, work_day
from sync.workspace import Workspace
from tests import pull_world
from tests.conftest import Fresh

PARIS, NEW_YORK = ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York")
QUIET = Voice("en", quiet=True)
AT = time(0, 5)
FULL = pytest.mark.full
HOUR = 3600.0


@dataclass
class World:
    """A shop's database, the true time, and by how much the machine's clock is wrong; `asked` is told of each look."""

    engine: Engine
    zone: ZoneInfo
    true: datetime
    wrong: timedelta = timedelta(0)
    asked: Callable[[], None] = lambda: None
    writing: int = 0
    most: int = 0

    def clock(self) -> datetime:
        self.asked()
        return self.true + self.wrong

    def workspace(self) -> Workspace:
        return Workspace(Settings(segments={}), self.engine, wait=lambda _: None, clock=self.clock)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count who writes at once."""
        with writer(self.engine, now=self.true):
            self.writing += 1
            self.most = max(self.most, self.writing)
            try:
                yield
            finally:
                self.writing -= 1

    def service(self, at: time = AT, every: float = 6 * HOUR, patience: float = HOUR) -> Service:
        workspace = self.workspace()

        def cycle() -> None:
            with self.counted():
                recompute_and_push(workspace, QUIET)

        return Service(
            Timetable(every, at, self.zone),
            self.clock,
            pull=cycle,
            day=lambda: work_day(workspace, QUIET),
            reached=lambda: last_day(self.engine),
            patience=patience,
        )

    def command(self) -> None:
        """Somebody runs the work by hand."""
        with suppress(BusyError, UnsafeError), self.counted():
            recompute_and_push(self.workspace(), QUIET)

    def days(self) -> list[tuple[date, datetime]]:
        """Each run that was the first to reach a day: the day, and the machine's time."""
        runs = table(Run)
        with self.engine.connect() as connection:
            rows = connection.execute(
                select(runs.c.as_of, runs.c.started_at)
                .where(runs.c.kind == "day", runs.c.outcome == "done")
                .order_by(runs.c.id)
            ).all()
        return [(day_date(row.as_of), datetime.fromtimestamp(row.started_at, UTC)) for row in rows]

    def unfinished(self) -> list[str]:
        """Runs that did not end as done."""
        runs = table(Run)
        with self.engine.connect() as connection:
            return [str(row.kind) for row in connection.execute(select(runs.c.kind).where(runs.c.outcome != "done"))]


def world(engine: Engine, zone: ZoneInfo, start: datetime) -> World:
    """A shop with three orders, worked out up to the day before `start`."""
    shop = pull_world.store(engine, timezone=zone.key)
    first = start - timedelta(days=40)
    orders = [
        pull_world.order(n, customer_id=str(n), placed_at=first + timedelta(days=9 * n), updated_at=first)
        for n in range(1, 4)
    ]
    pull_world.put(engine, shop, *orders)
    made = World(engine, zone, start - timedelta(days=1))
    with writer(engine, now=start):
        recompute_and_push(made.workspace(), QUIET)
    made.true = start
    return made


def local(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def span(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def played(made: World, services: list[Service], until: datetime, happens: Callable[[], timedelta]) -> None:
    """Wake the services in turn until the true time is reached; `happens` is asked between, and may let time pass."""
    due = [made.true for _ in services]
    while made.true < until:
        number = min(range(len(services)), key=lambda n: due[n])
        made.true = max(made.true, due[number])
        due[number] = made.true + timedelta(seconds=services[number].turn())
        made.true += happens()


@pytest.mark.parametrize(
    ("zone", "at", "days"),
    [
        pytest.param(PARIS, time(2, 30), 40, id="paris, over the hour that does not come"),
        pytest.param(PARIS, time(2, 30), 400, id="paris", marks=FULL),
        pytest.param(NEW_YORK, AT, 400, id="new_york", marks=FULL),
    ],
)
def test_each_shop_day_is_worked_out_once_over_the_clock_changes(
    engine: Engine, zone: ZoneInfo, at: time, days: int
) -> None:
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    made = world(engine, zone, start)
    service = made.service(at, every=24 * HOUR)
    played(made, [service], start + timedelta(days=days), lambda: timedelta(0))
    before = local(start - timedelta(days=1), zone)
    assert [day for day, _ in made.days()] == span(before, local(made.true - timedelta(hours=3), zone))
    for day, began in made.days()[2:]:
        due = datetime.combine(day, at, zone)
        assert timedelta(hours=-1) <= began - due <= timedelta(hours=2), (day, began)  # as often as it wakes
    assert made.unfinished() == []


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=FULL), pytest.param(3, marks=FULL)])
@pytest.mark.parametrize("zone", [PARIS, pytest.param(NEW_YORK, marks=FULL)], ids=["paris", "new_york"])
def test_two_services_and_commands_on_a_machine_that_sleeps_and_whose_clock_is_set(
    engine: Engine, zone: ZoneInfo, seed: int
) -> None:
    """Whatever happens, a day that anyone saw is worked out once, and who slept through some makes them up once."""
    random = Random(seed)
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    made = world(engine, zone, start)
    services = [made.service(every=24 * HOUR), made.service(every=24 * HOUR)]
    inside = False
    slept: list[tuple[datetime, datetime]] = []

    def meddle() -> None:
        """While one looks at the clock, in the middle of its work too, the other wakes or a command comes."""
        nonlocal inside
        if not inside and random.random() < 0.02:
            inside = True
            random.choice([services[0].turn, services[1].turn, made.command])()
            inside = False

    def happens() -> timedelta:
        chance = random.random()
        if chance < 0.004:
            asleep = random.choice([timedelta(hours=3), timedelta(days=3)])
            slept.append((made.true, made.true + asleep))
            return asleep
        if chance < 0.012:
            made.wrong = random.choice([timedelta(hours=-1), timedelta(0), timedelta(hours=1)])
        return timedelta(seconds=random.randrange(60))

    made.asked = meddle
    played(made, services, start + timedelta(days=400), happens)
    made.asked = lambda: None
    made.wrong = timedelta(0)
    made.true += timedelta(hours=3)
    services[0].turn()

    reached = [day for day, _ in made.days()]
    assert reached == sorted(set(reached))
    assert made.most == 1
    missed = set(span(reached[0], local(made.true, zone))) - set(reached)
    for day in missed:  # nobody was awake at any time of it but the hour by which clocks may be wrong
        begins, ends = datetime.combine(day, AT, zone), datetime.combine(day + timedelta(days=1), time(0), zone)
        assert any(a <= begins + timedelta(hours=3) and ends - timedelta(hours=3) <= b for a, b in slept), day
    assert len(slept) > 20
    assert len(reached) > 300


def test_days_that_were_slept_through_are_made_up_by_one_run(engine: Engine) -> None:
    start = datetime(2026, 6, 1, 12, tzinfo=UTC)
    made = world(engine, PARIS, start)
    service = made.service()
    service.turn()
    made.true += timedelta(days=3)
    service.turn()
    service.turn()
    assert [day for day, _ in made.days()][-2:] == [date(2026, 6, 1), date(2026, 6, 4)]


def test_an_hour_that_comes_twice_or_never_has_its_day_once() -> None:
    table_ = Timetable(HOUR, time(2, 30), PARIS)
    autumn = day_number(date(2026, 10, 25))
    assert [table_.day(datetime(2026, 10, 25, h, 35, tzinfo=UTC)) for h in (0, 2)] == [autumn, autumn]
    assert table_.day(datetime(2026, 10, 24, 22, 30, tzinfo=UTC)) == autumn - 1
    spring = day_number(date(2027, 3, 28))
    assert table_.day(datetime(2027, 3, 28, 0, 59, tzinfo=UTC)) == spring - 1
    assert table_.day(datetime(2027, 3, 28, 1, 0, tzinfo=UTC)) == spring


def test_the_clock_set_back_over_midnight_goes_to_no_earlier_day(engine: Engine) -> None:
    made = world(engine, PARIS, datetime(2026, 6, 1, 22, 30, tzinfo=UTC))
    service = made.service(every=HOUR)
    service.turn()
    made.wrong = timedelta(hours=-1)
    service.turn()
    assert last_day(engine) == day_number(date(2026, 6, 2))
    with pytest.raises(UnsafeError, match="stands on 2026-06-01"):
        recompute_and_push(made.workspace(), QUIET)


@dataclass
class Counting:
    """A job that counts its turns, and raises what it is told to."""

    turns: int = 0
    raising: list[Exception] = field(default_factory=list)

    def __call__(self) -> None:
        self.turns += 1
        if self.raising:
            raise self.raising.pop(0)


def counting(clock: Callable[[], datetime], *raising: Exception) -> tuple[Service, Counting]:
    job = Counting(raising=list(raising))
    return Service(Timetable(900, AT, PARIS), clock, pull=job, day=lambda: None, reached=lambda: None), job


def test_a_pull_that_was_turned_away_comes_again_soon_and_one_that_failed_at_its_next_turn() -> None:
    now = [datetime(2026, 6, 1, 12, tzinfo=UTC)]
    service, job = counting(lambda: now[0], BusyError("busy"), RetryableError("down"), ValueError("a bug"))
    assert service.turn() == service.patience
    now[0] += timedelta(seconds=service.patience)
    service.turn()
    assert job.turns == 2
    now[0] += timedelta(seconds=service.patience)
    service.turn()
    assert job.turns == 2
    for _ in range(2):
        now[0] += timedelta(seconds=900)
        service.turn()
    assert job.turns == 4


def test_a_clock_set_back_by_a_year_does_not_stop_the_pulls() -> None:
    now = [datetime(2026, 6, 1, 12, tzinfo=UTC)]
    service, job = counting(lambda: now[0])
    service.turn()
    now[0] -= timedelta(days=365)
    service.turn()
    assert job.turns == 2


def test_a_day_that_fails_is_tried_again_after_minutes_not_at_once() -> None:
    now = [datetime(2026, 6, 1, 12, tzinfo=UTC)]
    day = Counting(raising=[RetryableError("down")])
    service = Service(Timetable(1e9, AT, PARIS), lambda: now[0], pull=lambda: None, day=day, reached=lambda: 0)
    service.turn()
    service.turn()
    assert day.turns == 1
    now[0] += timedelta(seconds=AGAIN)
    service.turn()
    assert day.turns == 2


def test_hints_are_looked_into_until_none_is_left_and_left_alone_while_nothing_can_be_done() -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    waiting, turns = [100, 100, 3], []

    def hints() -> int:
        turns.append(1)
        return waiting.pop() if waiting != [100] else 0

    service = Service(
        Timetable(900, AT, PARIS),
        lambda: now,
        pull=lambda: None,
        day=lambda: None,
        reached=lambda: None,
        hints=hints,
        waiting=lambda: bool(waiting),
    )
    assert [service.turn() for _ in range(3)] == [0.0, 0.0, service.patience]
    assert service.turn() == service.patience
    assert len(turns) == 3


def test_who_is_told_to_stop_in_the_middle_takes_no_further_turn() -> None:
    service, job = counting(lambda: datetime(2026, 6, 1, 12, tzinfo=UTC), StoppedError())
    naps: list[float] = []
    service.serve(naps.append)
    assert (job.turns, naps) == (1, [])


def test_a_run_that_was_stopped_is_noted_as_stopped(fresh: Fresh, tmp_path: Path) -> None:
    engine = fresh()
    with pytest.raises(StoppedError), recorded(engine, "pull", lambda: datetime(2026, 6, 1, tzinfo=UTC)):
        raise StoppedError
    with engine.connect() as connection:
        assert connection.scalars(select(table(Run).c.outcome)).all() == ["stopped"]


def test_a_timetable_that_was_changed_is_followed_from_the_next_turn_on() -> None:
    now = [datetime(2026, 6, 1, 12, 0, tzinfo=UTC)]
    pulled: list[datetime] = []
    service = Service(
        Timetable(6 * HOUR, AT, PARIS), lambda: now[0], pull=lambda: pulled.append(now[0]), day=lambda: None,
        reached=lambda: None, patience=1e9,
    )  # fmt: skip
    assert service.turn() == 6 * HOUR
    service.follow(Timetable(900, AT, PARIS))
    assert service.turn() == 900
    now[0] += timedelta(seconds=900)
    assert service.turn() == 900
    assert len(pulled) == 2


def test_alarms_that_are_set_anew_ring_by_the_new_timetable_alone() -> None:
    rung = threading.Event()
    with alarms(Timetable(1e6, time(0, 5), PARIS), rung.set) as made:
        ring(made, Timetable(0.05, time(0, 5), PARIS), rung.set)
        assert rung.wait(30)
        assert len(made.get_jobs()) == 2


def test_alarms_ring_at_the_hour_of_the_shop_and_when_a_pull_is_due() -> None:
    rung = threading.Event()
    with alarms(Timetable(900, time(0, 5), PARIS), rung.set) as made:
        fires = {job.id: job.trigger.get_next_fire_time for job in made.get_jobs()}
        night = datetime(2026, 10, 24, 23, 0, tzinfo=PARIS)
        assert fires["day"](None, night) == datetime(2026, 10, 25, 0, 5, tzinfo=PARIS)
        assert fires["pull"](night, night) == night + timedelta(seconds=900)
    with alarms(Timetable(0.05, time(0, 5), PARIS), rung.set):
        assert rung.wait(30)
