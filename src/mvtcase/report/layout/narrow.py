"""Two fonts with the characters that texts in Taiwan use, taken out of one of this machine with 65,000.

A PDF carries the part of its fonts that it uses. To find that part in a whole Chinese font took two thirds of the time
of a letter, for each letter and each weight anew. One of these fonts has the 900 characters of our own sentences, and
takes a thirtieth; the other has the frequent ones, in which names are. What both lack comes from the whole font.
"""

from __future__ import annotations

import ctypes
from functools import cache

from mvtcase.report import fonts
from mvtcase.wording import languages, translator

FAMILIES = OURS, FREQUENT = "mvtcase CJK", "mvtcase CJK frequent"
"""How a style sheet calls them, in the order in which it looks into them."""
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
    "hb_set_clear": (None, _POINTER),
    "hb_subset_input_create_or_fail": (_POINTER,),
    "hb_subset_input_destroy": (None, _POINTER),
    "hb_subset_input_set": (_POINTER, _POINTER, _NUMBER),
    "hb_subset_input_unicode_set": (_POINTER, _POINTER),
    "hb_subset_or_fail": (_POINTER, _POINTER, _POINTER),
}
"""What is called of HarfBuzz, which WeasyPrint needs too: what it gives, then what it takes."""


_FEATURES = 6
"""How HarfBuzz numbers the set of a font's features: those for upright lines alone double its characters."""


@cache
def of_weight(family: str, weight: int) -> bytes:
    """Return the font of a weight of CSS, empty where this machine has none that a report names, or no HarfBuzz."""
    face = fonts.face_of(weight)
    library = _library()
    return _narrowed(library, face, characters(family)) if face and library else b""


def characters(family: str) -> frozenset[str]:
    """Return ASCII and what our sentences are written in, or what Big5 has of symbols and frequent ones beside them."""
    told = (translator(each).sentences for each in languages())
    ours = {each for sentences in told for forms in sentences.values() for each in "".join(forms)}
    ours |= {chr(each) for each in range(0x20, 0x7F)}
    return frozenset(ours if family == OURS else (_big5() - ours) | {" "})  # a space is set in the font before it


def _big5() -> set[str]:
    rows = (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    return set(b"".join(bytes((row, at)) for row in range(0xA1, 0xC7) for at in rows).decode("big5", "ignore"))


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


def _narrowed(harfbuzz: ctypes.CDLL, face: fonts.Face, wanted: frozenset[str]) -> bytes:
    blob = harfbuzz.hb_blob_create_from_file_or_fail(str(face.path).encode())
    if not blob:
        return b""
    whole, wish = harfbuzz.hb_face_create(blob, face.index), harfbuzz.hb_subset_input_create_or_fail()
    harfbuzz.hb_set_clear(harfbuzz.hb_subset_input_set(wish, _FEATURES))
    codes = harfbuzz.hb_subset_input_unicode_set(wish)
    for each in wanted:
        harfbuzz.hb_set_add(codes, ord(each))
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
