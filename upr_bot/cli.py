"""`upr-bot`: the commands, the one reader of the environment, and how mistakes are told.

Heavy parts are imported by the command that needs them, so that `--help` is there at once.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

from upr_bot import __version__
from upr_bot.errors import ContentError, GuideError, ServiceError, UsageError

if TYPE_CHECKING:
    from upr_bot.dialog import Knowledge
    from upr_bot.settings import Settings


LONG: Final = 10_000
"""Records from which work on them takes so long that its progress is shown."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0, 1 for a failed check or service, 2 for wrong usage.

    A mistake is one sentence with its remedy, never a traceback.
    """
    try:
        code = commands.main(args=None if arguments is None else list(arguments), prog_name="upr-bot", standalone_mode=False)
    except ContentError as error:
        _say_error(str(error))
        _say_error(f"{len(error.problems)} mistake(s) in the content; mend them and run `upr-bot check`.")
        sys.exit(error.exit_code)
    except GuideError as error:
        _say_error(str(error))
        sys.exit(error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        _say_error(error.format_message())
        sys.exit(2)
    except click.ClickException as error:
        name = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "upr-bot"
        _say_error(f"{error.format_message().rstrip('.')}; see `{name} --help`.")
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except OSError as error:
        _say_error(f"The system refused ({error.strerror or type(error).__name__}); check the disk, the path and its rights.")
        sys.exit(1)
    except Exception as error:
        _say_error(f"A defect of the guide ({type(error).__name__}); please report it with the command you called.")
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _say_error(sentence: str) -> None:
    click.echo(sentence, err=True)


class _Commands(click.Group):
    """A group whose unknown command gets a "did you mean"."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args[:2] == ["dates", "add"]:  # no State is called so
            return "dates add", add_date, args[2:]
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], self.commands, n=1)
            raise UsageError(
                f"There is no command '{args[0]}'; " + (f"did you mean '{near[0]}'?" if near else "see `upr-bot --help`.")
            )
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="upr-bot %(version)s")
@click.pass_context
def commands(context: click.Context) -> None:
    """Guide human rights defenders through the UN's Universal Periodic Review.

    Without a command it serves: on the web, and on Telegram when UPR_TELEGRAM_TOKEN is set.
    """
    if context.invoked_subcommand is None:
        context.invoke(serve)


@commands.command()
def serve() -> None:
    """Run the guide on the web and, with a token, on Telegram."""
    import signal

    # One thread a look-up: a second one would take the other core from the other replica and wait busily for work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until the parts that can be stopped are there
    _keep_hang_up()
    settings = _settings()
    from upr_bot import logs
    from upr_bot.guide import Guide

    logs.set_up(settings.log_level)
    # Held by the guide alone, so that content which was renewed is let go.
    guide = Guide(_knowledge(settings).ready(), _clock)
    import uvloop

    from upr_bot.serve import serve as serve_until_stopped

    uvloop.run(serve_until_stopped(settings, guide, lambda: _anew(settings), click.echo))


@commands.command()
@click.option("--lang", metavar="LANG", help="Language to begin in, such as en.")
def chat(lang: str | None) -> None:
    """Talk to the guide in this terminal; reads a pipe too, one input a line."""
    import asyncio

    from upr_bot.channels.console import Console
    from upr_bot.guide import Guide

    knowledge = _knowledge(_settings())
    _check_language(lang, knowledge)
    console = Console(
        Guide(knowledge, _clock), click.echo, language=lang, colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ
    )
    asyncio.run(console.run(_lines(prompt=sys.stdin.isatty() and sys.stdout.isatty())))


@commands.command()
@click.argument("question", required=False)
@click.option("--lang", metavar="LANG", help="Language of the question, a hint.")
@click.option("--json", "as_json", is_flag=True, help="Print the decision as JSON.")
@click.option("--batch", is_flag=True, help="Read a question a line, print a JSON object a line.")
@click.option("--explain", is_flag=True, help="Show how the question was read and scored, for curators.")
def ask(question: str | None, lang: str | None, as_json: bool, batch: bool, explain: bool) -> None:
    """Look one question up."""
    if batch == (question is not None) or (explain and (batch or as_json)):
        raise UsageError("Give one question in quotes, or --batch and questions on standard input; see `upr-bot ask --help`.")
    knowledge = _knowledge(_settings())
    _check_language(lang, knowledge)
    if explain:
        from upr_bot.faq import explained

        click.echo("\n".join(explained(question or "", knowledge.matcher, knowledge.library)))
    elif batch:
        for line in _lines(prompt=False):
            click.echo(_as_json(line.rstrip("\r\n"), lang, knowledge))
            sys.stdout.flush()
    elif as_json:
        click.echo(_as_json(question or "", lang, knowledge))
    else:
        from upr_bot import actions
        from upr_bot.channels.console import shown
        from upr_bot.dialog import Reader, respond

        click.echo(shown(respond(actions.Ask(question or ""), Reader(lang, "terminal"), knowledge, _clock()).reply))


@commands.command()
@click.argument("country")
@click.option("--on", "day", metavar="YYYY-MM-DD", help="The day in Geneva; today without it.")
@click.option("--lang", metavar="LANG", help="Language of the answer, such as en.")
@click.option("--role", metavar="ROLE", help="Who asks: any (no ECOSOC status), ecosoc, nhri or away.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def now(country: str, day: str | None, lang: str | None, role: str | None, as_json: bool) -> None:
    """Tell what a group in COUNTRY can do now."""
    from upr_bot.content import ROLES

    if role is not None and role not in ROLES:
        raise UsageError("--role takes one of " + ", ".join(ROLES) + ".")
    asked = _Country(country, day, lang)
    if as_json:
        click.echo(asked.now_json())
    else:
        click.echo(asked.shown("now", role or ""))


@commands.command()
@click.argument("country")
@click.option("--on", "day", metavar="YYYY-MM-DD", help="The day in Geneva; today without it.")
@click.option("--lang", metavar="LANG", help="Language of the answer, such as en.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.option("--ics", "file", metavar="FILE", type=click.Path(dir_okay=False), help="Write the calendar file.")
@click.option("--neutral", is_flag=True, help="With --ics: nothing in the file tells what it is about.")
@click.option("--estimates", is_flag=True, help="With --ics: estimates too, named so.")
def dates(country: str, day: str | None, lang: str | None, as_json: bool, file: str | None, neutral: bool, estimates: bool) -> None:
    """Tell the dates of COUNTRY, or write its calendar file."""
    if (neutral or estimates) and file is None:
        raise UsageError("--neutral and --estimates go with --ics FILE.")
    asked = _Country(country, day, lang)
    if file is not None:
        click.echo(asked.write(file, neutral=neutral, estimates=estimates))
    elif as_json:
        click.echo(asked.dates_json())
    else:
        click.echo(asked.shown("dates", ""))


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="Print the mistakes as JSON.")
@click.option("--schema", type=click.Path(file_okay=False), help="Write JSON Schemas for editors into this folder.")
@click.option("--confusions", "confused", is_flag=True, help="List the questions that take each other's wordings (half a minute).")
@click.option("--drafts", is_flag=True, help="Also list what languages that are not published yet lack.")
def check(as_json: bool, schema: str | None, confused: bool, drafts: bool) -> None:
    """Check all content; every mistake as file:line: message, remedy."""
    from upr_bot.check import check_content, doubts, write_schemas
    from upr_bot.content import packaged

    if schema:
        count = write_schemas(schema)
        click.echo(f"{count} schemas written.")
        return
    source = packaged(_settings().content)
    if confused:
        from upr_bot.check import confused_entries

        for line in confused_entries(source):
            click.echo(line)
        return
    from upr_bot.journey import day_of

    problems = check_content(source, drafts=drafts)
    doubtful = [] if problems else doubts(source, day_of(_clock()))
    if as_json:
        import json

        found = [(p, False) for p in problems] + [(p, True) for p in doubtful]
        told = [{"file": p.file, "line": p.line, "message": p.message, "warning": warning} for p, warning in found]
        click.echo(json.dumps(told, ensure_ascii=False))
    for problem in () if as_json else problems:
        click.echo(str(problem))
    for problem in () if as_json else doubtful:
        click.echo(f"{problem} (warning)")
    if problems:
        _say_error(f"{len(problems)} mistake(s) found.")
        sys.exit(1)
    if not as_json:
        click.echo("The content is in order.")


@commands.command()
@click.option("--lang", required=True, metavar="LANG", help="The language to read, also one that is not published yet.")
@click.option(
    "--out", "file", metavar="FILE", type=click.Path(dir_okay=False), help="The page to write; preview-LANG.html without it."
)
def preview(lang: str, file: str | None) -> None:
    """Write the review sheet of a language: every card beside the first language's, on one page."""
    from upr_bot.check.preview import preview as sheet
    from upr_bot.content import packaged
    from upr_bot.content.loader import parse
    from upr_bot.dialog import Knowledge
    from upr_bot.journey import day_of

    knowledge = Knowledge(parse(packaged(_settings().content), drafts=True).library())
    if lang not in knowledge.library.books:
        raise UsageError("--lang takes one of " + ", ".join(knowledge.library.books) + ".")
    path = Path(file or f"preview-{lang}.html")
    path.write_text(sheet(knowledge, lang, day_of(_clock())), encoding="utf-8")
    click.echo(f"Written: {path.name}")


@commands.command("add-language")
@click.argument("code")
@click.argument("name")
@click.option("--rtl", is_flag=True, help="It is written from right to left.")
def add_language(code: str, name: str, rtl: bool) -> None:
    """Write every file of a new language, with TODO where its texts go: CODE such as pt, NAME in the language itself."""
    from upr_bot.content import packaged
    from upr_bot.content.scaffold import write

    if not re.fullmatch(r"[a-z]{2,3}(-[A-Z][A-Za-z]{1,3})?", code):
        raise UsageError("CODE is a language code such as pt, or zh-Hant.")
    if not 1 <= len(name) <= 24 or not name.isprintable():
        raise UsageError("NAME is what the language calls itself, at most 24 characters, such as Português.")
    files = write(packaged(_settings().content), code, name, "rtl" if rtl else "ltr")
    click.echo(f"{len(files) - 1} files written in dialogs/{code} and faq/{code}; {name} is not published yet.")
    click.echo("Put texts in the place of TODO; `upr-bot check --drafts` lists what is left. Then take 'published: no' out.")


@commands.command()
def index() -> None:
    """Learn the question index from the content, anew, and keep it for the next start."""
    from upr_bot.content import load, packaged
    from upr_bot.faq import compiled

    source = packaged(_settings().content)
    made = compiled(load(source), source.compiled, _say_error, anew=True)
    click.echo(f"{len(made.ids)} entries, {len(made.exact):,} wordings, {len(made.words):,} words.")


@commands.command()
def doctor() -> None:
    """Check settings, content, port, disk, database, key, worker, token, webhook and clock; one line each with the remedy."""
    import asyncio

    from upr_bot.doctor import examine

    healthy = True
    for finding in asyncio.run(examine(os.environ, _clock)):
        click.echo(str(finding))
        healthy = healthy and finding.good
    if not healthy:
        sys.exit(1)


@commands.command()
@click.option("--once", is_flag=True, help="Look once, send what is due, and end.")
@click.option("--now", "moment", metavar="ISO8601", help="Rehearse that moment: show what would go out, change nothing.")
@click.option("--send", is_flag=True, help="With --now: really send and change.")
def remind(once: bool, moment: str | None, send: bool) -> None:
    """Run the reminder worker; any number of them may run."""
    import asyncio

    settings = _settings()
    clock = _clock
    if moment is not None:
        fixed = _moment(moment)
        clock = lambda: fixed  # noqa: E731 - the clock of a rehearsal stands still
    if send and moment is None:
        raise UsageError("--send goes with --now; without --now the worker sends anyway.")
    if not once and moment is None:
        _keep_hang_up()
    from upr_bot import logs
    from upr_bot.guide import Guide
    from upr_bot.worker import rehearse, work

    logs.set_up(settings.log_level)
    guide = Guide(_knowledge(settings), clock)
    if moment is not None and not send:
        for line in asyncio.run(rehearse(settings, guide.knowledge, clock())):
            click.echo(line)
        return
    seen, read = _progress("reminder(s) seen"), lambda: _knowledge(settings)
    asyncio.run(work(settings, guide, click.echo, once=once or moment is not None, seen=seen, read=read))


@commands.command()
def migrate() -> None:
    """Bring the database to its current form; safe to start many times at once."""
    from upr_bot.storage import migrate as bring

    changed = bring(_settings().database.reveal())
    click.echo("The database is now in its current form." if changed else "The database was in its current form already.")


@commands.command()
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write all reminders, sealed as they are, into a new FILE; no key and no token is needed, or in it."""
    from upr_bot.storage import backup as write

    count = write(_settings().database.reveal(), file, _clock(), _progress("reminder(s) written"))
    click.echo(f"{count} reminder(s) are in that file, sealed; restoring it needs the keys of today, so keep those elsewhere.")


@commands.command()
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Put a backup into a new database, of either kind; it sends nothing that was due before."""
    from upr_bot.storage import restore as put

    done = put(_settings().database.reveal(), file, _clock(), _progress("reminder(s) restored"))
    click.echo(f"{done.reminders} reminder(s) restored, as they were on {done.made:%Y-%m-%d at %H:%M} UTC.")
    click.echo("What fell due before now is not sent, since the original may have sent it; what falls due from now on is.")
    click.echo("Whoever has erased theirs after that moment is in it again: keep no backup longer than you must.")


@commands.group(invoke_without_command=True)
@click.pass_context
def keys(context: click.Context) -> None:
    """Make a key for reminders, or seal everything under a new one."""
    if context.invoked_subcommand is None:
        raise UsageError("Call `upr-bot keys new` or `upr-bot keys rotate`.")


@keys.command("new")
@click.option("--file", metavar="FILE", type=click.Path(dir_okay=False), help="Write it there (mode 0600), in front of older keys.")
def new_key(file: str | None) -> None:
    """Make a key: print it as UPR_KEYS takes it, or put it into a file for UPR_KEYS_FILE."""
    from upr_bot.settings import parse_keys
    from upr_bot.storage import new_key as make

    settings = _settings()
    older = ",".join(f"{number}:{secret.reveal()}" for number, secret in settings.keys)
    if file is None:
        number = max((number for number, _ in settings.keys), default=0) + 1
        click.echo(f"{number}:{make()}" + (f",{older}" if older else ""))
        return
    path = Path(file)
    try:
        before = path.read_text(encoding="ascii").strip() if path.exists() else ""
        number = max((number for number, _ in parse_keys(before)), default=0) + 1 if before else 1
    except ValueError:
        raise UsageError("That file exists and holds no keys; name another one.") from None
    # Written beside and moved into its place, so that a full disk never leaves half a key.
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as out:
        out.write(f"{number}:{make()}" + (f",{before}" if before else "") + "\n")
    beside.replace(path)
    click.echo(f"Key {number} is in that file; keep a copy in another safe place. Without it every reminder is lost.")


@keys.command("rotate")
def rotate_keys() -> None:
    """Seal everything under the newest key; then the older ones can be taken out of UPR_KEYS."""
    import asyncio

    from upr_bot.worker import rotate

    settings = _settings()
    done, broken = asyncio.run(rotate(settings, _progress("record(s) seen")))
    click.echo(f"{done} record(s) are now sealed under key {settings.keys[0][0]}; older keys can be taken out of UPR_KEYS.")
    if broken:
        raise ServiceError(f"{broken} record(s) do not open under any key; keep the older keys, and see docs/operations.md.")


@commands.command()
@click.argument("chat", metavar="CHAT_ID", type=int)
def disclose(chat: int) -> None:
    """Print all that you could hand over about one chat, as a rehearsal of being asked for it."""
    import asyncio

    from upr_bot.worker import disclosed

    settings = _settings()
    for line in asyncio.run(disclosed(settings, _knowledge(settings), chat, _clock())):
        click.echo(line)


def _progress(what: str) -> Callable[[int], object]:
    """Return what shows progress on a terminal, in a line that the result is written over, and nothing in a pipe."""

    def show(count: int) -> None:
        if count >= LONG:
            click.echo(f"{count:,} {what}\r", nl=False, err=True)

    return show if sys.stderr.isatty() else lambda _: None


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise UsageError("--now takes a moment, such as 2027-03-09T09:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _clock() -> dt.datetime:
    """Return the moment it is: the one place where the guide looks at a clock."""
    return dt.datetime.now(dt.UTC)


def _settings() -> Settings:
    from upr_bot.settings import read_settings

    return read_settings(os.environ)


def _knowledge(settings: Settings, say: Callable[[str], object] = _say_error) -> Knowledge:
    from upr_bot.content import load, packaged
    from upr_bot.dialog import Knowledge

    source = packaged(settings.content)
    return Knowledge(load(source), operator=settings.operator, contact=settings.contact, compiled=source.compiled, say=say)


def _keep_hang_up() -> None:
    """Let SIGHUP wait until `renewal` hears it: a service manager may reload at once, and unheard it would end the process."""
    import signal

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})


def _anew(settings: Settings) -> Knowledge:
    """Read the content while people are served. Learning the questions would hold them up for a minute: that is refused."""

    def refuse(_: str) -> NoReturn:
        raise ServiceError("The questions changed: learn them with `upr-bot index`, then ask for the new content again.")

    return _knowledge(settings, refuse).ready()


@click.command()
@click.argument("session", type=int)
@click.argument("what")
@click.argument("first", metavar="DAY")
@click.option("--to", "last", metavar="DAY", help="The last day, where it lasts several.")
@click.option("--latest", metavar="DAY", help="Somewhere between DAY and this one, where only the span is known.")
@click.option("--at", "hour", metavar="HH:MM", help="The hour in Geneva.")
@click.option("--status", required=True, help="confirmed, tentative or estimate.")
@click.option("--source", required=True, help="The address that says so; it stands in dialogs/sources.yaml.")
@click.option("--basis", help="What an estimate is worked out from.")
@click.option("--checked", metavar="DAY", help="The day on which the source was looked at; today without it.")
def add_date(
    session: int,
    what: str,
    first: str,
    last: str | None,
    latest: str | None,
    hour: str | None,
    status: str,
    source: str,
    basis: str | None,
    checked: str | None,
) -> None:
    """Put a date of SESSION into dialogs/sessions.yaml, and show what readers will see change.

    WHAT: portal-opens, submission, national-report, presession-application, presession-statement, presession, review, response,
    speakers-list or adoption.
    """
    from upr_bot.check import add_date as add
    from upr_bot.content import packaged
    from upr_bot.journey import day_of

    today = day_of(_clock())
    begins = "earliest" if latest else "from" if last else "on"
    given = {begins: first, "to": last, "latest": latest, "at": hour, "status": status, "basis": basis, "source": source}
    fields = {key: value for key, value in given.items() if value is not None} | {"checked": checked or today.isoformat()}
    for line in add(packaged(_settings().content), session, what, fields, today):
        click.echo(line)


class _Country:
    """The State that a command names, on a day."""

    def __init__(self, typed: str, day: str | None, language: str | None) -> None:
        from upr_bot.journey import FIRST, LAST, Guessed, Named, Place, Several, day_of

        self._knowledge = _knowledge(_settings())
        _check_language(language, self._knowledge)
        self._language = self._knowledge.library.book(language).language
        # A name is said in the language that was asked for, also where the guide has no texts in it yet.
        self._said_in = language or self._language
        self._day = day_of(_clock())
        if day is not None:
            try:
                self._day = dt.date.fromisoformat(day)
            except ValueError:
                raise UsageError("--on takes a day, such as --on 2027-05-31.") from None
        if not FIRST <= self._day <= LAST:
            raise UsageError(f"The calendar covers {FIRST.year} to {LAST.year}; give a day in it, such as --on 2027-05-31.")
        self._found = self._knowledge.names.find(typed)
        self._countries = self._knowledge.library.calendar.countries
        self._code: str | None = None
        self._several: tuple[str, ...] = ()
        match self._found:
            case Named(code) | Guessed(code):
                self._code = code
            case Several(codes, _):
                self._several = tuple(sorted(codes))
            case Place(None):
                raise UsageError("That is not one of the 193 member States of the UN, which alone are reviewed; ask OHCHR.")
            case Place(str(code)):
                name = self._countries[code].name(self._said_in)
                raise UsageError(f"That place has no review of its own; ask for {name} ({code}), in whose review it is looked at.")
            case _:
                raise UsageError("No member State answers to that name; try its English, French or Spanish name, or its ISO code.")
        self._guessed = isinstance(self._found, Guessed)

    def shown(self, then: str, role: str) -> str:
        """Return the card as the terminal shows it."""
        from upr_bot import actions
        from upr_bot.channels.console import shown

        if self._code is None:
            action: actions.Action = actions.ChooseCountry(then, "which", *self._several)
        else:
            action = actions.ShowDates(self._code) if then == "dates" else actions.ShowCountry(self._code, role)
            if self._guessed:
                _say_error(f"Taken for {self._countries[self._code].name(self._said_in)}.")
        reply = self._knowledge.card(action, self._language, "terminal", self._day)
        assert reply is not None
        return shown(reply)

    def now_json(self) -> str:
        """Return where it stands, as docs/operations.md says."""
        import json

        if self._code is None:
            return json.dumps({"country": None, "candidates": list(self._several)})
        from upr_bot.journey import facts_of

        stand = self._knowledge.journey.stand(self._code, self._day)
        matched = self._countries[self._code].name(self._said_in) if self._guessed else None
        facts = facts_of(stand, self._knowledge.library.book(self._language), self._knowledge.library.calendar)
        return json.dumps({"country": self._code, "matched": matched, **facts}, ensure_ascii=False)

    def dates_json(self) -> str:
        """Return its dates."""
        import json

        if self._code is None:
            return json.dumps({"country": None, "candidates": list(self._several)})
        from upr_bot.journey import dated_facts

        stand = self._knowledge.journey.stand(self._code, self._day)
        book, calendar = self._knowledge.library.book(self._language), self._knowledge.library.calendar
        found = {"country": self._code, "on": self._day.isoformat(), "session": stand.session}
        return json.dumps({**found, "dates": dated_facts(stand, book, calendar)}, ensure_ascii=False)

    def write(self, path: str, *, neutral: bool, estimates: bool) -> str:
        """Write the calendar file; return what was done. Raises `ServiceError` when there is no date, and then writes none."""
        if self._code is None:
            raise UsageError("Several States answer to that name; give one of " + ", ".join(self._several) + ".")
        from upr_bot.journey import calendar_file, coming

        stand = self._knowledge.journey.stand(self._code, self._day)
        book = self._knowledge.library.book(self._language)
        found = coming(stand, self._knowledge.library.calendar, estimates=estimates)
        name = stand.country.name(self._said_in)
        if not found:
            more = "" if estimates else " Call it with --estimates for labelled estimates, if there are any."
            raise ServiceError(f"No coming date is published for {name}, so no file was written.{more}")
        made = calendar_file(found, stand.country, book.phrases, book.language, neutral=neutral)
        Path(path).write_bytes(made.content)
        return f"{len(found)} date(s) written."


def _check_language(language: str | None, knowledge: Knowledge) -> None:
    """A language we do not have yet is no mistake: say so beside the answer, and go on in the first one."""
    books = knowledge.library.books
    if language is None or language in books:
        return
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]{2,4})?", language):
        raise UsageError("--lang takes a language code; choose one of " + ", ".join(books) + ".")
    if knowledge.library.book(language).language.split("-")[0] != language.split("-")[0]:
        _say_error(f"The guide does not speak '{language}' yet; this is {knowledge.library.first.name}.")


def _lines(*, prompt: bool) -> Iterator[str]:
    """Yield lines of standard input; bytes that are no UTF-8 become the replacement character."""
    if sys.stdin is None:  # closed by whoever started us
        return
    sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]
    while True:
        if prompt:
            click.echo("> ", nl=False)
        line = sys.stdin.readline()
        if not line:
            return
        yield line


def _as_json(question: str, language: str | None, knowledge: Knowledge) -> str:
    import json

    match = knowledge.matcher.match(question)
    return json.dumps(
        {
            "question": question,
            "decision": match.decision,
            "id": match.candidates[0].id if match.decision == "answer" else None,
            "candidates": [{"id": c.id, "score": c.score} for c in match.candidates],
            "language": knowledge.language_of(question, knowledge.library.book(language).language),
            "danger": knowledge.in_danger(question),
        },
        ensure_ascii=False,
    )
