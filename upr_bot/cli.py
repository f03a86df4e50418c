"""`upr-bot`: the commands, the one reader of the environment, and how mistakes are told.

Heavy parts are imported by the command that needs them, so that `--help` is there at once.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from upr_bot import __version__
from upr_bot.errors import ContentError, GuideError, UsageError

if TYPE_CHECKING:
    from upr_bot.dialog import Knowledge
    from upr_bot.settings import Settings


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
    settings = _settings()
    from upr_bot import logs

    logs.set_up(settings.log_level)
    knowledge = _knowledge(settings)
    import uvloop

    from upr_bot.guide import Guide
    from upr_bot.serve import serve as serve_until_stopped

    _ = knowledge.matcher  # built before the first person asks
    uvloop.run(serve_until_stopped(settings, Guide(knowledge), click.echo))


@commands.command()
@click.option("--lang", metavar="LANG", help="Language to begin in, such as en.")
def chat(lang: str | None) -> None:
    """Talk to the guide in this terminal; reads a pipe too, one input a line."""
    import asyncio

    from upr_bot.channels.console import Console
    from upr_bot.guide import Guide

    knowledge = _knowledge(_settings())
    _check_language(lang, knowledge)
    console = Console(Guide(knowledge), click.echo, language=lang, colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ)
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

        click.echo(shown(respond(actions.Ask(question or ""), Reader(lang, "terminal"), knowledge).reply))


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="Print the mistakes as JSON.")
@click.option("--schema", type=click.Path(file_okay=False), help="Write JSON Schemas for editors into this folder.")
@click.option("--confusions", "confused", is_flag=True, help="List the questions that take each other's wordings (half a minute).")
def check(as_json: bool, schema: str | None, confused: bool) -> None:
    """Check all content; every mistake as file:line: message, remedy."""
    from upr_bot.check import check_content, write_schemas
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
    problems = check_content(source)
    if as_json:
        import json

        click.echo(json.dumps([{"file": p.file, "line": p.line, "message": p.message} for p in problems], ensure_ascii=False))
    for problem in () if as_json else problems:
        click.echo(str(problem))
    if problems:
        _say_error(f"{len(problems)} mistake(s) found.")
        sys.exit(1)
    if not as_json:
        click.echo("The content is in order.")


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
    """Check settings, content, port, token, webhook, clock and disk; one line each with the remedy."""
    import asyncio

    from upr_bot.doctor import examine

    healthy = True
    for finding in asyncio.run(examine(os.environ)):
        click.echo(str(finding))
        healthy = healthy and finding.good
    if not healthy:
        sys.exit(1)


def _settings() -> Settings:
    from upr_bot.settings import read_settings

    return read_settings(os.environ)


def _knowledge(settings: Settings) -> Knowledge:
    from upr_bot.content import load, packaged
    from upr_bot.dialog import Knowledge

    source = packaged(settings.content)
    return Knowledge(load(source), operator=settings.operator, contact=settings.contact, compiled=source.compiled, say=_say_error)


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
            "danger": False,
        },
        ensure_ascii=False,
    )
