"""`python -m mvtcase`: the same command, where no script folder is on the PATH."""

from mvtcase.cli.app import main

if __name__ == "__main__":
    main()
