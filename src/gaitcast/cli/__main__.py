"""``python -m gaitcast.cli``."""

from gaitcast.cli import main

main()
