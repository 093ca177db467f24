"""The entry point behind the Makefile: python -m servicepro.devstack run|reset|stop|demo|test|check."""

import sys
from collections.abc import Callable

from servicepro.devstack import commands
from servicepro.devstack.errors import DevstackError

COMMANDS: dict[str, Callable[[], int]] = {
    "run": commands.run,
    "reset": commands.reset,
    "stop": commands.stop_servers,
    "demo": commands.demo,
    "check": commands.check,
}


def main(arguments: list[str]) -> int:
    """Run the command named first; an expected trouble is one line on standard error and exit code 1."""
    name, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    try:
        if name == "test":
            return commands.test(rest)
        if name in COMMANDS and not rest:
            return COMMANDS[name]()
    except DevstackError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Usage: python -m servicepro.devstack {'|'.join(sorted([*COMMANDS, 'test']))}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
