import sys

from typing_extensions import Literal


def main(status: Literal[0] = 0) -> None:
    sys.exit(status)


main()
raise RuntimeError("never reached")
