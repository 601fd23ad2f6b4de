"""`kitt VERB`: loads the module of the verb that was asked for, and no other, so that help comes at once."""

from __future__ import annotations

import difflib
import errno
import importlib
import sys

import typer

from kitt_cli.verb_table import VERBS
from kitt_inference.errors import KittError

_NO_PLACE = {errno.ENOSPC: "make room there", errno.EDQUOT: "make room there", errno.EROFS: "give another place"}


def build(wanted: str) -> typer.Typer:
    """The typer application; only the wanted verb is imported, the others stand there by name and help."""
    app = typer.Typer(
        name="kitt",
        help="KITT: a car that sees, hears and talks.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def kitt() -> None:
        """KITT: a car that sees, hears and talks."""

    for name, verb in VERBS.items():
        if name != wanted:
            app.command(name, help=verb.help)(lambda: None)
            continue
        module = importlib.import_module(f"kitt_cli.verbs.{name}")
        if verb.is_group:
            app.add_typer(module.app, name=name, help=verb.help, no_args_is_help=True)
        else:
            settings = getattr(module, "CONTEXT_SETTINGS", None)
            app.command(name, help=module.command.__doc__ or verb.help, context_settings=settings)(module.command)
    return app


def main() -> None:
    """Run; a `KittError` and a full disk become one line and exit status 2, Ctrl-C 130."""
    wanted = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    try:
        if wanted and wanted not in VERBS:
            near = difflib.get_close_matches(wanted, VERBS, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"there are {', '.join(VERBS)}"
            raise KittError(f"there is no verb {wanted}", remedy)
        build(wanted)(prog_name="kitt")
    except KittError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:
        if error.errno not in _NO_PLACE:
            raise
        where = f" ({error.filename})" if error.filename else ""
        print(f"error: {error.strerror}{where}. {_NO_PLACE[error.errno]}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
