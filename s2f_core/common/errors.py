"""The one exception that a person is meant to read."""


class UserError(Exception):
    """Something outside the code is wrong: a parameter, a file, the network, the disk.

    The message says what was given, where, and what is allowed. A stage prints it without a
    traceback and exits with 1; anything else that is raised is a bug of ours.
    """
