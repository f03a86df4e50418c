"""The talk about reminders and the arithmetic behind them: pure, with the day passed in."""

from __future__ import annotations

import datetime as dt
from collections import deque
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import NOW
from upr_bot import actions as a
from upr_bot.content import When, load, packaged
from upr_bot.dialog import Knowledge, Reader, respond
from upr_bot.journey import NOTHING, Plan, day_of, look, plan_of
from upr_bot.journey.days import moment_of
from upr_bot.replies import Reply, Turn, plain
from upr_bot.wish import BEFORE, MOST, Forget, Keep, Kept, Stop, Wish, minutes
from upr_bot.wording import Discretion, message

CHAT = 42


@pytest.fixture(scope="module")
def discretion(knowledge: Knowledge) -> Discretion:
    return knowledge.discretion


class Talk:
    """One person's talk, with everything that is kept about them."""

    def __init__(self, knowledge: Knowledge, kept: Kept | None = Kept(CHAT), now: dt.datetime = NOW) -> None:  # noqa: B008 - frozen
        self.knowledge = knowledge
        self.kept = kept
        self.now = now
        self.turn: Turn | None = None

    @property
    def text(self) -> str:
        assert self.turn
        return plain(self.turn.reply.text)

    @property
    def labels(self) -> list[str]:
        assert self.turn
        return [b.label for b in self.turn.reply.buttons]

    def say(self, text: str, *, reply: bool = False) -> Talk:
        asks = a.spell(self.turn.reply.asks) if reply and self.turn and self.turn.reply.asks else ""
        return self._go(a.Ask(text, asks))

    def tap(self, label: str) -> Talk:
        assert self.turn
        step = next(b.to for b in self.turn.reply.buttons if b.label in {label, f"{label} ✓"})
        assert len(a.spell(step)) <= a.MAX_BYTES
        return self._go(a.read(a.spell(step)).action)

    def _go(self, action: a.Action) -> Talk:
        shown = self.turn.reply if self.turn else Reply(())
        card = a.spell(shown.asks) if shown.asks else ""
        said = plain(shown.text).partition("\n")[0]
        self.turn = respond(action, Reader("en", "telegram", card, said), self.knowledge, self.now, self.kept)
        return self


def asked(talk: Talk, words: str = "Appointment reminder") -> Talk:
    """Ask for a reminder 7 days before, at nine."""
    return talk.say("/remind Alphaland").tap("Message me").tap("7 days").tap("Done").tap("09:00").tap(words)


# --- asking --------------------------------------------------------------------------------------------------------------------


def test_the_calendar_file_is_offered_first_and_what_a_message_costs_is_said(journeys: Knowledge) -> None:
    talk = Talk(journeys).say("/remind")
    assert talk.labels[:2] == ["Calendar file", "Message me"]
    for expected in ("keeps nothing", "name of this bot", "locked", "mute"):
        assert expected in talk.text


def test_a_wish_is_what_was_tapped_and_nothing_is_kept_before_confirm(journeys: Knowledge) -> None:
    talk = Talk(journeys).say("/remind Alphaland").tap("Message me")
    for label in ("30 days", "7 days", "30 days", "Done", "My clock is ahead", "09:00", "You have an item to look at"):
        talk.tap(label)
        assert talk.turn
        assert talk.turn.effect is None
    for expected in (
        "7 days before each date, at 08:00 UTC",
        "You have an item to look at",
        "Pre-session in Geneva: 16 to 19 Mar 2027",
    ):
        assert expected in talk.text
    talk.tap("Confirm")
    assert talk.text.startswith("Saved.")
    assert talk.turn
    assert isinstance(talk.turn.effect, Keep)
    wish = talk.turn.effect.wish
    assert (wish.target, wish.before, wish.hour, wish.wording, wish.language, wish.session) == ("XAA", (7,), 8, 1, "en", 90)


def test_own_words_are_taken_unless_they_give_the_subject_away(journeys: Knowledge) -> None:
    """J8: `UPR in Geneva` is refused with the word, `Dentist` is accepted."""
    talk = asked(Talk(journeys), "My own words")
    assert talk.turn
    assert talk.turn.reply.writes
    talk.say("UPR in Geneva", reply=True)
    assert '"UPR" could give away' in talk.text
    talk.say("Dentist", reply=True)
    assert '"Dentist"' in talk.text
    talk.tap("Confirm")
    effect = talk.turn.effect
    assert isinstance(effect, Keep)
    assert (effect.wish.wording, effect.wish.own) == (-1, "Dentist")


def test_who_writes_of_danger_instead_of_own_words_can_tap_who_may_help_and_goes_on(journeys: Knowledge) -> None:
    talk = asked(Talk(journeys), "My own words")
    talk.say("The police came to our office last night and took two of us, please help", reply=True)
    assert "in danger" in talk.text
    assert talk.turn
    assert not talk.turn.reply.writes, "with the keyboard open a card has no buttons"
    assert talk.labels[:2] == ["Who may help", "Clear this chat"]
    talk.say("Dentist", reply=True)
    assert '"Dentist"' in talk.text


def test_done_without_a_tick_asks_for_one(journeys: Knowledge) -> None:
    talk = Talk(journeys).say("/remind Alphaland").tap("Message me").tap("Done")
    assert "at least one" in talk.text


def test_the_clock_begins_at_the_hour_of_the_country(knowledge: Knowledge) -> None:
    """Nepal is 5:45 ahead of UTC, Chile 3 behind in its summer, and Kiribati's most people 12 ahead; no zone is kept."""
    for country, clock in (("NPL", "15:00 now (UTC+6)"), ("CHL", "06:00 now (UTC-3)"), ("KIR", "21:00 now (UTC+12)")):
        talk = Talk(knowledge)
        talk._go(a.PickDays(country, "2"))
        talk.tap("Done")
        assert clock in talk.text
    talk.tap("06:00").tap("Appointment reminder")
    assert "at 18:00 UTC" in talk.text


@pytest.mark.parametrize(
    ("about", "expected"), [("XAA", "Take the calendar file"), ("XCC", "no calendar file yet"), ("90", "for one country")]
)
def test_a_calendar_file_is_promised_only_where_there_is_one(journeys: Knowledge, about: str, expected: str) -> None:
    reply = respond(a.OfferReminder(about), Reader("en", "web"), journeys, NOW).reply
    assert expected in plain(reply.text)
    assert ("Calendar file" in [b.label for b in reply.buttons]) == (about == "XAA")


def test_the_way_is_chosen_first_then_the_country_or_the_session(journeys: Knowledge) -> None:
    """J8 from a bare /remind; whoever names a country or a session at once need not tap."""
    for typed, about in (("alfaland", "Alphaland"), ("Alphaland", "Alphaland"), ("90", "Session 90")):
        talk = Talk(journeys).say("/remind").tap("Message me").say(typed, reply=True)
        if typed == "alfaland":
            talk.tap("Alphaland")
        assert talk.labels[:4] == ["30 days", "7 days", "1 day", "Done"]
        assert about in talk.text
    talk = Talk(journeys).say("/remind").tap("Calendar file").say("Betaland", reply=True)
    assert talk.turn
    assert talk.turn.file
    for typed, about in (("Alphaland", "Alphaland"), ("90", "Session 90")):
        talk = Talk(journeys).say("/remind").say(typed, reply=True)
        assert about in talk.text
        assert "Message me" in talk.labels
    assert "Session 90" in Talk(journeys).say("/remind 90").text
    over = Talk(journeys).say("/remind").tap("Message me").say("86", reply=True)
    assert "nothing to be reminded of" in over.text


def test_a_session_that_is_over_is_not_offered(journeys: Knowledge) -> None:
    talk = Talk(journeys).say("/remind 86")
    assert "Message me" not in talk.labels
    assert "nothing to be reminded of" in talk.text


def test_a_state_without_dates_can_be_waited_for(journeys: Knowledge) -> None:
    talk = Talk(journeys).say("/remind Gammaland")
    assert "told once when there is one" in talk.text
    talk.tap("Message me").tap("1 day").tap("Done").tap("06:00").tap("Appointment reminder").tap("Confirm")
    assert talk.text.startswith("Saved.")
    assert "once a date is published" in talk.text


@pytest.mark.parametrize("channel", ["web", "terminal"])
def test_the_web_and_the_terminal_give_the_calendar_file(journeys: Knowledge, channel: str) -> None:
    turn = respond(a.OfferReminder("XAA"), Reader("en", channel), journeys, NOW, Kept(CHAT))  # type: ignore[arg-type]
    labels = [b.label for b in turn.reply.buttons]
    assert "Calendar file" in labels
    assert "Message me" not in labels
    turn = respond(a.SaveReminder("XAA", "1", 9, "0"), Reader("en", channel), journeys, NOW, Kept(CHAT))  # type: ignore[arg-type]
    assert turn.effect is None


def test_a_copy_that_keeps_nothing_says_so_and_gives_the_file(journeys: Knowledge) -> None:
    talk = Talk(journeys, None).say("/remind Alphaland")
    assert "does not write to you" in talk.text
    assert "Message me" not in talk.labels
    for spelling in ("days__XAA", "save__XAA__1__9__0", "stop__XAA"):
        turn = respond(a.read(spelling).action, Reader("en"), journeys, NOW, None)
        assert turn.effect is None
        assert "does not write to you" in plain(turn.reply.text)


@pytest.mark.parametrize(
    "spelling",
    ["save__XAA__1__9__own", "save__XAA__9__9__0", "save__XAA__1__24__0", "save__XAA__1__9__7", "save__XAA__x__9__0",
     "remind__QQQ", "remind__999", "check__XAA__1__9__wzz", "check__XAA__1__9__w" + "5550522069", "days__12345",
     "check__XAA__1__9__w", "wording__XAA__1__99"],
)  # fmt: skip
def test_a_forged_button_leads_home_and_keeps_nothing(journeys: Knowledge, spelling: str) -> None:
    turn = respond(a.read(spelling).action, Reader("en"), journeys, NOW, Kept(CHAT))
    assert turn.effect is None
    assert "older version" in plain(turn.reply.text)


def test_every_card_on_the_way_is_short_has_few_buttons_and_back_and_home(journeys: Knowledge) -> None:
    seen: set[a.Action] = set()
    waiting = deque[a.Action]([a.OfferReminder("XAA"), a.OfferReminder("XCC"), a.OfferReminder("92"), a.AskForget(), a.Export()])
    while waiting:
        action = waiting.popleft()
        if action in seen or not isinstance(action, a.Reminding) or len(seen) > 4000:
            continue
        seen.add(action)
        reply = respond(action, Reader("en"), journeys, NOW, Kept(CHAT)).reply
        assert len(plain(reply.text)) <= 1200, action
        assert len(reply.buttons) <= 10, action
        for button in reply.buttons:
            assert len(a.spell(button.to)) <= a.MAX_BYTES
        if not isinstance(action, a.AskOwnWords | a.OpenReminder | a.HideReminder):
            assert [b.label for b in reply.rows[-1]] == ["Back", "Home"], action
        waiting += [b.to.action for b in reply.buttons]
    assert len(seen) > 100


@pytest.mark.parametrize("payload", ["en__save__XAA__2__9__0", "save__XAA__2__9__0", "en__erase", "erase", "en__stop__XAA"])
def test_following_a_link_keeps_stops_and_erases_nothing(journeys: Knowledge, payload: str) -> None:
    wish = kept_after(asked(Talk(journeys)).tap("Confirm"))
    talk = Talk(journeys, Kept(CHAT, (wish,))).say(f"/start {payload}")
    assert talk.turn
    assert talk.turn.effect is None
    assert {"Confirm", "Erase", "Stop: Alphaland"} & set(talk.labels), "one more tap does"


# --- what one has --------------------------------------------------------------------------------------------------------------


def kept_after(talk: Talk) -> Wish:
    assert talk.turn
    assert isinstance(talk.turn.effect, Keep)
    return talk.turn.effect.wish


def test_remind_shows_what_one_has_to_change_and_to_stop(journeys: Knowledge) -> None:
    wish = kept_after(asked(Talk(journeys)).tap("Confirm"))
    talk = Talk(journeys, Kept(CHAT, (wish,))).say("/remind")
    assert 'Alphaland: 7 days before, at 09:00 UTC, "Appointment reminder"' in talk.text
    talk.tap("Stop: Alphaland")
    assert talk.text.startswith("Stopped.")
    assert talk.turn
    assert talk.turn.effect == Stop("XAA")


def test_an_eleventh_reminder_is_refused_with_the_way_on(journeys: Knowledge) -> None:
    wish = kept_after(asked(Talk(journeys)).tap("Confirm"))
    full = Kept(CHAT, tuple(replace(wish, target=str(n)) for n in range(1, MOST + 1)))
    talk = asked(Talk(journeys, full)).tap("Confirm")
    assert talk.turn
    assert talk.turn.effect is None
    assert "Stop one" in talk.text


def test_n5_export_shows_every_field_that_is_stored(journeys: Knowledge) -> None:
    wish = kept_after(asked(Talk(journeys), "My own words").say("Dentist", reply=True).tap("Confirm"))
    talk = Talk(journeys, Kept(CHAT, (wish,))).say("/export")
    for expected in (
        "42",
        "Alphaland",
        "7 days",
        "09:00 UTC",
        "Dentist",
        "English",
        "90",
        "2026-11-22 09:00",
        "16 to 19 Mar 2027",
        "2027-05-09",
    ):
        assert expected in talk.text, expected
    assert "Nothing is kept" in Talk(journeys).say("/export").text


def test_n5_forget_asks_once_and_answers_everybody_alike(journeys: Knowledge) -> None:
    wish = kept_after(asked(Talk(journeys)).tap("Confirm"))
    texts = []
    for kept in (Kept(CHAT, (wish,)), Kept(CHAT)):
        talk = Talk(journeys, kept).say("/forget")
        asked_ = talk.text
        talk.tap("Erase")
        assert talk.turn
        assert talk.turn.effect == Forget()
        texts.append((asked_, talk.text))
    assert texts[0] == texts[1]
    kept_ = Talk(journeys).say("/forget").tap("Keep")
    assert kept_.turn
    assert kept_.turn.effect is None


def test_privacy_tells_the_numbers_of_the_code(journeys: Knowledge) -> None:
    text = Talk(journeys).say("/privacy").text
    assert "24 hours after the last date" in text
    assert "400 days" in text


# --- the message ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("why", "late"), [("due", 0), ("due", 59), ("due", 60), ("due", 5000), ("moved", 0), ("published", 0)])
def test_n7_a_message_says_its_words_and_a_mark_and_nothing_more(knowledge: Knowledge, why: str, late: int) -> None:
    for language in knowledge.library.books:
        for number in range(3):
            wish = Wish("NPL", 1, 9, number, language, session=54)
            reply = message(wish, why, late, knowledge.library)
            text = plain(reply.text)
            assert len(text) <= 120
            assert knowledge.discretion.gives_away(text) is None
            assert not any(run.url for run in reply.text)
            assert reply.asks is None
            phrases = knowledge.library.books[language].phrases
            assert [b.label for b in reply.buttons] == [phrases.open, phrases.hide, phrases.stop]
            assert (text == phrases.reminder_words[number]) == (why == "due" and late < 60)


def test_open_shows_the_dates_with_how_sure_they_are_and_hide_takes_them_out(journeys: Knowledge) -> None:
    wish = kept_after(asked(Talk(journeys), "My own words").say("Dentist", reply=True).tap("Confirm"))
    talk = Talk(journeys, Kept(CHAT, (wish,)))
    talk.turn = Turn(message(wish, "due", 0, journeys.library), "en")
    before = talk.text, talk.labels
    talk.tap("Open")
    assert talk.text.startswith("Dentist\n")
    for expected in ("Alphaland", "16 to 19 Mar 2027", "(confirmed", "2 Mar 2027", "(tentative", "upr-info.org"):
        assert expected in talk.text
    talk.tap("Hide")
    assert (talk.text, talk.labels) == before
    assert talk.turn.reply.asks is None
    talk.tap("Open").tap("Stop")
    assert talk.turn.effect == Stop("XAA")


@pytest.mark.parametrize(
    "words",
    ["UPR", "upr", "U.P.R. tomorrow", "u p r", "my UPR2027", "UN", "Call the U.N.", "ONU", "EPU demain", "human rights",
     "Human-Rights!", "HRD meeting", "defenders", "Geneva", "genève", "GINEBRA", "G e n e v a", "review", "Reviews at 9", "session",
     "Pre-session", "présession", "submission", "soumission", "Nepal", "call Népal", "Côte d'Ivoire", "Nepalese food", "derechos",
     "informe", "examen", "Suiza", "United States", "the USA", "DPRK", "rapport", "NGO", "ngos", "ohchr"],
)  # fmt: skip
def test_n7_words_that_give_the_subject_away_are_refused(discretion: Discretion, words: str) -> None:
    assert discretion.gives_away(words)


@pytest.mark.parametrize(
    "words",
    ["Dentist", "Dentiste à 9 h", "un rendez-vous", "Comprar un regalo", "Call mother", "Appeler maman", "Llamar a mamá", "Gym",
     "Buy bread", "Cumpleaños de Ana", "Pay the rent", "réunion de famille", "Water the plants 🌱", "Coffee with Sam",
     "Tarea de español"],
)  # fmt: skip
def test_ordinary_words_are_accepted(discretion: Discretion, words: str) -> None:
    assert discretion.gives_away(words) is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [("x" * 61, "60 characters"), ("see https://a.org", "link"), ("@ann", "link"), ("a\nb", "one line"), ("a\u202eb", "one line"),
     ("www.dentist.org", "link")],
)  # fmt: skip
def test_words_that_cannot_be_shown_are_refused_with_the_reason(journeys: Knowledge, words: str, expected: str) -> None:
    talk = asked(Talk(journeys), "My own words").say(words, reply=True)
    assert expected in talk.text
    assert talk.turn
    assert talk.turn.reply.writes


# --- the arithmetic ------------------------------------------------------------------------------------------------------------

DAY = dt.date(2027, 3, 16)


def when(first: dt.date, last: dt.date | None = None, status: str = "confirmed") -> When:
    return When(first, last or first, status, "https://upr-info.org/en", dt.date(2026, 11, 10))  # type: ignore[arg-type]


def at(day: dt.date, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=dt.UTC)


PLAN = Plan(90, {"presession": when(DAY, dt.date(2027, 3, 19)), "review": when(dt.date(2027, 4, 26), dt.date(2027, 5, 7))})
LATER = Plan(91, {"presession": when(dt.date(2027, 3, 23), dt.date(2027, 3, 26)), "review": PLAN.dates["review"]})
ALL = (1 << len(BEFORE)) - 1


def wish_at(now: dt.datetime, plan: Plan = PLAN, days: int = ALL, hour: int = 9) -> Wish:
    return Wish("XAA", days, hour, 0, "en", "", plan.session, plan.told, minutes(now), minutes(now))


def run(wish: Wish, moments: list[dt.datetime], plan: Plan = PLAN, restored: int = 0) -> list[tuple[dt.datetime, str, int]]:
    """Sweep at each moment; return when which message went out."""
    out = []
    for moment in moments:
        found = look(wish, plan, moment, restored)
        if found.over:
            break
        out += [(moment, d.why, d.before) for d in found.dues]
        wish = found.wish
    return out


def test_r4_each_reminder_falls_due_at_its_hour_on_its_day() -> None:
    start = at(dt.date(2027, 1, 1))
    hours = [start + dt.timedelta(hours=n) for n in range(24 * 130)]
    assert [(moment, why, before) for moment, why, before in run(wish_at(start), hours)] == [
        (at(dt.date(2027, 2, 14), 9), "presession", 30),
        (at(dt.date(2027, 3, 9), 9), "presession", 7),
        (at(dt.date(2027, 3, 15), 9), "presession", 1),
        (at(dt.date(2027, 3, 27), 9), "review", 30),
        (at(dt.date(2027, 4, 19), 9), "review", 7),
        (at(dt.date(2027, 4, 25), 9), "review", 1),
    ]


@given(
    st.integers(0, 68 * 24 * 60).map(lambda minute: at(dt.date(2027, 1, 1)) + dt.timedelta(minutes=minute)),
    st.lists(st.timedeltas(dt.timedelta(minutes=1), dt.timedelta(days=9)), max_size=40),
    st.integers(1, ALL),
    st.integers(0, 23),
)
def test_r4_whenever_workers_run_each_reminder_comes_once_and_none_before_its_time(
    start: dt.datetime, pauses: list[dt.timedelta], days: int, hour: int
) -> None:
    moments = [start]
    for pause in pauses:
        moments.append(moments[-1] + pause)
    wish = wish_at(start, days=days, hour=hour)
    sent = run(wish, moments)
    assert len({(why, before) for _, why, before in sent}) == len(sent), "none twice"
    for moment, why, before in sent:
        first = PLAN.dates[why].first  # type: ignore[index]
        assert moment >= at(first, hour) - dt.timedelta(days=before)
        assert moment.date() <= PLAN.dates[why].last + dt.timedelta(days=1)  # type: ignore[index]


@given(st.integers(0, 60 * 24 * 3), st.integers(1, 60 * 48))
def test_r4_a_clock_that_jumps_ahead_and_back_sends_nothing_twice(ahead: int, back: int) -> None:
    now = at(dt.date(2027, 3, 8), 12)
    there = now + dt.timedelta(minutes=ahead)
    moments = [now, there, there - dt.timedelta(minutes=min(back, ahead)), *(there + dt.timedelta(hours=n) for n in range(24 * 10))]
    sent = run(wish_at(now), moments)
    assert len({(why, before) for _, why, before in sent}) == len(sent)
    assert {("presession", 7), ("presession", 1)} <= {(why, before) for _, why, before in sent}


TURNS = (
    dt.date(2027, 3, 28),
    dt.date(2027, 10, 31),
    dt.date(2028, 2, 29),
    dt.date(2028, 3, 1),
    dt.date(2027, 1, 1),
    dt.date(2026, 12, 31),
)
"""Days on which clocks in Geneva change, both ways, leap days, the end of a year."""
NEAR_A_TURN = st.builds(lambda day, days: day + dt.timedelta(days=days), st.sampled_from(TURNS), st.integers(-31, 31))


@given(
    event=NEAR_A_TURN,
    days=st.integers(1, ALL),
    hour=st.integers(0, 23),
    jump=st.sampled_from([-24, -1, 0, 1, 24]),
    after=st.integers(0, 700),
)
def test_r4_reminders_come_on_their_day_and_hour_over_leap_days_year_ends_and_changes_of_clocks(
    event: dt.date, days: int, hour: int, jump: int, after: int
) -> None:
    """R4: looked at every hour, at the very hour; a clock that jumps by a day in between moves and doubles none."""
    plan = Plan(90, {"presession": when(event, event + dt.timedelta(days=3))})
    start = at(event - dt.timedelta(days=40))
    hours = [start + dt.timedelta(hours=n) for n in range(24 * 44)]
    expected = {before: at(event - dt.timedelta(days=before), hour) for before in wish_at(start, plan, days).before}
    sent = run(wish_at(start, plan, days, hour), hours, plan)
    assert {before: moment for moment, _, before in sent} == expected
    # At one of those hours the clock is wrong by a day or an hour, and right again at the next.
    wrong = [moment + dt.timedelta(hours=jump) if number == after else moment for number, moment in enumerate(hours)]
    sent = run(wish_at(start, plan, days, hour), wrong, plan)
    told = [before for _, _, before in sent]
    assert sorted(told) == sorted(expected), "each once"
    for moment, _, before in sent:
        assert abs(moment - expected[before]) <= dt.timedelta(hours=abs(jump)), "at its hour, or when the wrong clock said so"


@given(st.builds(at, NEAR_A_TURN, st.integers(0, 23), st.integers(0, 59)), st.integers(1, 48 * 60))
def test_r4_the_day_in_geneva_never_goes_back_and_never_skips_one(moment: dt.datetime, later: int) -> None:
    """R4: over both changes of the clocks; what is asked at any moment is answered for the right day."""
    first, then = day_of(moment), day_of(moment + dt.timedelta(minutes=later))
    assert dt.timedelta(0) <= then - first <= dt.timedelta(days=3)
    # Geneva is one or two hours ahead of UTC, whatever the season.
    assert first in {(moment + dt.timedelta(hours=1)).date(), (moment + dt.timedelta(hours=2)).date()}
    midnight = moment_of(first, dt.time())
    assert day_of(midnight) == first
    assert day_of(midnight - dt.timedelta(minutes=1)) == first - dt.timedelta(days=1)


def test_r3_what_is_over_is_not_sent_after_an_outage() -> None:
    found = look(wish_at(at(dt.date(2027, 1, 1))), PLAN, at(dt.date(2027, 3, 22)))
    assert [d.why for d in found.dues] == []
    found = look(wish_at(at(dt.date(2027, 1, 1))), PLAN, at(dt.date(2027, 3, 17)))
    assert {d.why for d in found.dues} == {"presession"}


@pytest.mark.parametrize("jump", [dt.timedelta(0), dt.timedelta(days=2)])
def test_n6_a_record_ends_a_day_after_the_last_date_and_after_400_days_at_most(jump: dt.timedelta) -> None:
    start = at(dt.date(2027, 1, 1))
    wish = wish_at(start)
    assert not look(wish, PLAN, at(dt.date(2027, 5, 8), 23, 59)).over
    assert look(wish, PLAN, at(dt.date(2027, 5, 9)) + jump).over
    waiting = wish_at(start, NOTHING)
    assert not look(waiting, NOTHING, start + dt.timedelta(days=399)).over
    assert look(waiting, NOTHING, start + dt.timedelta(days=400) + jump).over


def test_j9_a_date_that_moves_is_told_once_and_counted_anew() -> None:
    now = at(dt.date(2027, 3, 10))
    wish = replace(wish_at(now), since=minutes(now))
    later = Plan(90, PLAN.dates | {"presession": when(dt.date(2027, 3, 23), dt.date(2027, 3, 26))})
    found = look(wish, later, now + dt.timedelta(hours=1))
    assert [d.why for d in found.dues] == ["moved"]
    rest = run(found.wish, [now + dt.timedelta(hours=n) for n in range(2, 24 * 14)], later)
    assert [(why, before) for _, why, before in rest] == [("presession", 7), ("presession", 1)]


def test_a_state_that_moves_to_another_session_is_followed_and_told() -> None:
    now = at(dt.date(2027, 1, 10))
    later = Plan(91, {"presession": when(dt.date(2027, 8, 24), dt.date(2027, 8, 27))})
    found = look(wish_at(now), later, now + dt.timedelta(hours=1))
    assert [d.why for d in found.dues] == ["moved"]
    assert found.wish.session == 91


def test_a_date_that_was_published_by_mistake_is_told() -> None:
    now = at(dt.date(2027, 1, 10))
    fewer = Plan(90, {"review": PLAN.dates["review"]})
    assert [d.why for d in look(wish_at(now), fewer, now + dt.timedelta(hours=1)).dues] == ["moved"]
    assert [d.why for d in look(wish_at(now), NOTHING, now + dt.timedelta(hours=1)).dues] == ["moved"]


def test_what_is_published_is_told_once_to_who_waited_for_it() -> None:
    now = at(dt.date(2027, 1, 10))
    found = look(wish_at(now, NOTHING), PLAN, now + dt.timedelta(hours=1))
    assert [d.why for d in found.dues] == ["published"]
    assert look(found.wish, PLAN, now + dt.timedelta(hours=2)).dues == ()


@given(
    st.integers(0, 68 * 24 * 60).map(lambda minute: at(dt.date(2027, 1, 1)) + dt.timedelta(minutes=minute)),
    st.timedeltas(dt.timedelta(minutes=1), dt.timedelta(days=30)),
    st.lists(st.timedeltas(dt.timedelta(minutes=1), dt.timedelta(days=9)), max_size=20),
    st.integers(1, ALL),
    st.integers(0, 23),
)
def test_a_restored_copy_says_nothing_of_what_came_before_and_all_of_what_comes_after(
    backup: dt.datetime, away: dt.timedelta, pauses: list[dt.timedelta], days: int, hour: int
) -> None:
    """Original and copy together send what one that was never interrupted sends after the restoring, whenever their workers run."""
    kept, restored = wish_at(backup, days=days, hour=hour), backup + away
    moments = [restored]
    for pause in pauses:
        moments.append(moments[-1] + pause)
    first = look(kept, LATER, restored, minutes(restored))
    assert first.dues == ()
    if not first.over:
        assert first.wish == replace(kept, told=LATER.told, session=LATER.session, since=minutes(restored))
    sent = run(kept, moments, LATER, minutes(restored))
    assert sent == run(wish_at(restored, LATER, days, hour), moments, LATER)


def test_what_a_restored_copy_learns_later_is_told_as_ever() -> None:
    restored = at(dt.date(2027, 1, 10), 12, 30)
    found = look(wish_at(restored - dt.timedelta(days=2), NOTHING), PLAN, restored + dt.timedelta(minutes=5), minutes(restored))
    assert (found.dues, found.wish.session, found.wish.told) == ((), 90, PLAN.told)
    again = look(found.wish, LATER, restored + dt.timedelta(hours=1), minutes(restored))
    assert [due.why for due in again.dues] == ["moved"]
    # Asked for after the restoring: nothing of it is taken for said.
    asked_since = wish_at(restored + dt.timedelta(minutes=1), NOTHING)
    assert [due.why for due in look(asked_since, PLAN, restored + dt.timedelta(hours=1), minutes(restored)).dues] == ["published"]


def test_a_restoring_by_a_clock_that_was_days_ahead_silences_nobody() -> None:
    now = at(dt.date(2027, 3, 9), 9)
    wish = wish_at(now - dt.timedelta(days=1))
    assert [d.before for d in look(wish, PLAN, now, minutes(now + dt.timedelta(days=9))).dues] == [7]
    assert look(wish, PLAN, now, minutes(now + dt.timedelta(minutes=9))).dues == ()


@given(st.dates(dt.date(2026, 1, 1), dt.date(2032, 12, 31)))
def test_nobody_is_told_of_news_while_the_calendar_stands_still(day: dt.date) -> None:
    """Only the day changes: for every State, whatever it asked, sweeps tell no move and no publication."""
    knowledge = PACKAGED
    for code in CODES:
        plan = plan_of(knowledge.journey, code, 0, day)
        wish = Wish(code, 2, 9, 0, "en", "", plan.session, plan.told, minutes(at(day)), minutes(at(day)))
        for later in (1, 30, 200, 390):
            then = day + dt.timedelta(days=later)
            found = look(wish, plan_of(knowledge.journey, code, wish.session, then), at(then))
            if found.over:
                break
            if wish.session:  # without one, a later session of the calendar comes into sight as time goes on
                assert not [d for d in found.dues if d.why in {"moved", "published"}], (code, day, then)
            wish = found.wish


PACKAGED = Knowledge(load(packaged()))
CODES = ("NPL", "MAR", "USA", "UKR", "MMR", "TGO", "CHE", "NIC", "LIE")


def test_only_published_days_are_counted_from() -> None:
    """In the packaged calendar: what is known by the month, or worked out, reminds nobody."""
    counted = 0
    for number, session in PACKAGED.journey.calendar.sessions.items():
        plan = plan_of(PACKAGED.journey, str(number), 0, NOW.date())
        assert all(w.exact and w.status in {"confirmed", "tentative"} for w in plan.dates.values())
        counted += len(plan.dates)
        assert "review" in plan.dates or not (session.dates["review"].exact and session.dates["review"].status == "confirmed")
    assert counted > 30
