"""Property tests fail for what they find, never for how long a busy machine takes over an example."""

from hypothesis import settings

settings.register_profile("untimed", parent=settings.get_profile(settings.get_current_profile_name()), deadline=None)
settings.load_profile("untimed")
