"""`python -m upr_bot` is `upr-bot`."""

from upr_bot.cli import main

main()
