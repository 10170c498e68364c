"""LINE databases that are damaged, foreign, or silent about sealing: each must give "cannot tell", with a reason."""

from __future__ import annotations

from builders.line_variant import LineEvidence, LineVariant
from builders.line_variants_android import ANDROID_VARIANTS
from builders.line_variants_ios import IOS_VARIANTS

__all__ = ["LINE_VARIANTS", "LineEvidence", "LineVariant"]

LINE_VARIANTS = (*IOS_VARIANTS, *ANDROID_VARIANTS)
"""Every variant; its content is built when it is written, not before."""
