"""``python -m studio`` is the ``studio`` command."""

from studio.launch import main

if __name__ == "__main__":
    main()
