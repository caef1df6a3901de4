"""Run the command line with `python -m quarterdeck`."""

from quarterdeck.cli.main import main

if __name__ == "__main__":
    main()
