"""A font with the characters that texts in Taiwan use, taken out of one of this machine with 65,000.

A PDF carries the part of its fonts that it uses. To find that part in a whole Chinese font took two thirds of the time
of a letter, for each letter and each weight anew; out of this one it takes a tenth of that. Characters that it lacks
come from the whole font, as before.
"""

from __future__ import annotations

import ctypes
from functools import cache

from mvtcase.report import fonts

FAMILY = "mvtcase CJK"
"""How a style sheet calls it."""
_LIBRARIES = (
    "libharfbuzz-subset.so.0",
    "libharfbuzz-subset.so",
    "libharfbuzz-subset.0.dylib",
    "libharfbuzz-subset.dylib",
    "libharfbuzz-subset-0.dll",
)
_POINTER, _TEXT, _NUMBER = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint
_FUNCTIONS = {
    "hb_blob_create_from_file_or_fail": (_POINTER, _TEXT),
    "hb_blob_destroy": (None, _POINTER),
    "hb_blob_get_data": (_POINTER, _POINTER, ctypes.POINTER(_NUMBER)),
    "hb_face_create": (_POINTER, _POINTER, _NUMBER),
    "hb_face_destroy": (None, _POINTER),
    "hb_face_reference_blob": (_POINTER, _POINTER),
    "hb_set_add": (None, _POINTER, _NUMBER),
    "hb_subset_input_create_or_fail": (_POINTER,),
    "hb_subset_input_destroy": (None, _POINTER),
    "hb_subset_input_unicode_set": (_POINTER, _POINTER),
    "hb_subset_or_fail": (_POINTER, _POINTER, _POINTER),
}
"""What is called of HarfBuzz, which WeasyPrint needs too: what it gives, then what it takes."""


@cache
def of_weight(weight: int) -> bytes:
    """Return the font of a weight of CSS, empty where this machine has none that a report names, or no HarfBuzz."""
    face = fonts.face_of(weight)
    library = _library()
    return _narrowed(library, face) if face and library else b""


@cache
def characters() -> str:
    """Return ASCII, and the symbols and frequent characters of Big5, in which texts and names in Taiwan are."""
    rows = (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    pairs = b"".join(bytes((row, place)) for row in range(0xA1, 0xC7) for place in rows)
    return bytes(range(0x20, 0x7F)).decode("ascii") + pairs.decode("big5", "ignore")


def _library() -> ctypes.CDLL | None:
    for name in _LIBRARIES:
        try:
            found = ctypes.CDLL(name)
            for function, (gives, *takes) in _FUNCTIONS.items():
                known = getattr(found, function)
                known.restype, known.argtypes = gives, takes
        except (OSError, AttributeError):  # another system's name, or a release without one of these
            continue
        return found
    return None


def _narrowed(harfbuzz: ctypes.CDLL, face: fonts.Face) -> bytes:
    blob = harfbuzz.hb_blob_create_from_file_or_fail(str(face.path).encode())
    if not blob:
        return b""
    whole, wish = harfbuzz.hb_face_create(blob, face.index), harfbuzz.hb_subset_input_create_or_fail()
    wanted = harfbuzz.hb_subset_input_unicode_set(wish)
    for each in characters():
        harfbuzz.hb_set_add(wanted, ord(each))
    part = harfbuzz.hb_subset_or_fail(whole, wish)
    held = _held(harfbuzz, part) if part else b""
    for destroy, each in (("subset_input", wish), ("face", part), ("face", whole), ("blob", blob)):
        getattr(harfbuzz, f"hb_{destroy}_destroy")(each)
    return held


def _held(harfbuzz: ctypes.CDLL, face: int) -> bytes:
    blob, length = harfbuzz.hb_face_reference_blob(face), _NUMBER()
    start = harfbuzz.hb_blob_get_data(blob, ctypes.byref(length))
    held = ctypes.string_at(start, length.value) if start else b""
    harfbuzz.hb_blob_destroy(blob)
    return held
