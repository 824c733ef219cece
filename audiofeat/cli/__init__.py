"""The `audiofeat` command.

Conventions: results go to stdout, progress, warnings and errors to stderr. Exit codes: 0 success, 1 something could not be
done, be it all of it or some of the recordings, 2 a wrong use of the command, 130 interrupted.
"""

import os
import sys
import warnings
from importlib import import_module

import click

from audiofeat._version import __version__

__all__ = ["main"]

# Command -> its module, which holds a click command of that name.
_COMMANDS = {
    name: f"audiofeat.cli.{name}" for name in ("compare", "train", "predict", "extract", "info", "cache", "demo")
}

_INTERRUPTED = 130


class _Commands(click.Group):
    """Subcommands, imported when they are called: ``audiofeat --help`` should not wait for scikit-learn."""

    def list_commands(self, ctx):
        return list(_COMMANDS)

    def get_command(self, ctx, cmd_name):
        return getattr(import_module(_COMMANDS[cmd_name]), cmd_name) if cmd_name in _COMMANDS else None


def _show_version(ctx, param, asked) -> None:
    """The version, and what takes the spectra, for which people ask who wonder why it is slow."""
    if not asked or ctx.resilient_parsing:
        return
    from audiofeat.dsp import lanes

    instructions = lanes.instructions()
    spectra = f"compiled ({instructions})" if instructions else "with SciPy (the compiled part is not there)"
    click.echo(f"audiofeat {__version__}\nspectra: {spectra}")
    ctx.exit()


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Show the version and exit.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def audiofeat(ctx, debug):
    """Find out which features and which model classify your recordings, and use the result.

    \b
    Example:
      audiofeat info recordings/
      audiofeat compare recordings/ --output results
      audiofeat predict results/model.joblib new.wav

    Exit codes: 0 success; 1 something could not be done, all of it or some of the recordings; 2 wrong use; 130
    interrupted.
    """
    ctx.obj = {"debug": debug}


def main(args=None) -> None:
    """Run the command.

    Parameters
    ----------
    args : list of str or None, default=None
        Arguments; None takes those of the process.
    """
    arguments = sys.argv[1:] if args is None else list(args)
    arguments, debug = _without_debug(arguments)
    # Whoever embeds this keeps their own way to show warnings.
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        code = _run(arguments, debug)
    if code:
        sys.exit(code)


def _run(arguments: list[str], debug: bool) -> int | str:
    """Exit code of the command, or what to say on exit with code 1."""
    try:
        done = audiofeat.main(arguments, prog_name="audiofeat", standalone_mode=False)
        # What is still in the buffer may meet a closed pipe, too.
        sys.stdout.flush()
    except click.Abort:
        click.echo("Interrupted.", err=True)
        return _INTERRUPTED
    except click.ClickException as exc:
        if debug and exc.__cause__ is not None:
            raise
        exc.show()
        return exc.exit_code
    except BrokenPipeError:
        # Whoever read our output has enough. Python would complain on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as exc:
        if debug:
            raise
        # Whatever the library refuses, it refuses in words; the traceback is for its developers.
        return f"Error: {exc}"
    # Commands give back nothing, unless they end with a code of their own.
    return done if isinstance(done, int) else 0


def _without_debug(arguments: list[str]) -> tuple[list[str], bool]:
    """Take ``--debug`` from wherever it stands, for nobody remembers on which side of the command it goes."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options = [argument for argument in arguments[:end] if argument != "--debug"]
    return options + arguments[end:], len(options) < end


def _show_warning(message, category, filename, lineno, file=None, line=None) -> None:
    """A warning in its own words, without the line of source that gave it."""
    click.echo(f"Warning: {message}", err=True)
