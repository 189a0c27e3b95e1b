"""Errors that a script ends with. What the exit codes mean is in docs/errors.md."""

import signal
import sys

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_REGRESSION = 3
EXIT_LACKING = 77
EXIT_INTERRUPTED = 128 + signal.SIGINT
EXIT_TERMINATED = 128 + signal.SIGTERM


class ScriptError(Exception):
    """One sentence of what is wrong, and what to do about it; ends the script."""

    exit_code = EXIT_USAGE

    def __init__(self, sentence, advice=""):
        super().__init__(f"{sentence}; {advice}" if advice else sentence)


class InputError(ScriptError):
    """An input file is unreadable, damaged or of an unknown kind. Names file and field."""

    def __init__(self, path, field, reason, advice=""):
        where = f"{path}: {field}" if field else f"{path}"
        super().__init__(f"{where}: {reason}", advice)
        self.path = path
        self.field = field


class NothingSelected(ScriptError):
    """The input has nothing of what was asked for."""


class OutputError(ScriptError):
    """What was found out cannot be written."""

    exit_code = EXIT_FAILED


class LackingError(ScriptError):
    """The machine lacks something, such as a Debian package."""

    exit_code = EXIT_LACKING


class Terminated(KeyboardInterrupt):
    """SIGTERM, where a script treats it as Ctrl-C."""


def terminate_as_interrupt():
    """From now on SIGTERM raises Terminated."""
    def end(number, frame):
        raise Terminated
    signal.signal(signal.SIGTERM, end)


def run_script(name, main, arguments=None):
    """Runs main(arguments) and returns the exit code; prints errors as bench does."""
    try:
        return main(sys.argv[1:] if arguments is None else arguments) or 0
    except ScriptError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"{name}: {error.filename or 'writing'}: {error.strerror}", file=sys.stderr)
        return EXIT_FAILED
    except Terminated:
        return EXIT_TERMINATED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
