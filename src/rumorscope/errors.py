"""What can go wrong in a way the user can mend, told apart from bugs."""


class RumorscopeError(Exception):
    """The parent of every error that this package raises on purpose."""


class InputError(RumorscopeError):
    """The user's post, file or configuration is at fault; the message says what would work."""


class CheckpointError(RumorscopeError):
    """A checkpoint is missing, cut off, or does not fit the detector it names."""


class NotReadyError(RumorscopeError):
    """A service that cannot answer yet, or no longer: its model is being loaded, or it is being stopped."""
