"""The process of one Python model: `python -s <this folder>`, with the server's socket as file descriptor 3."""

from slipway.process.main import main

main()
