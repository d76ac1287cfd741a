"""footsense counts foot exercises from a wearable motion sensor and checks whether a routine was done.

It makes no claim about what the exercises do for a person and is not a medical device.
"""

__version__ = "0.1.0"
