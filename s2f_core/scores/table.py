"""Scores by the names they have in metrics/*.json. A new one is a file and a line here."""

from s2f_core.scores.distances import FID, KID
from s2f_core.scores.kinds import PairedScore, SetScore
from s2f_core.scores.pixels import PIXEL_DIFFERENCE
from s2f_core.scores.similarity import PSNR, SSIM

SET_SCORES: dict[str, SetScore] = {"fid": FID, "kid": KID}
PAIRED_SCORES: dict[str, PairedScore] = {
    "ssim": SSIM,
    "psnr": PSNR,
    "pixel_difference": PIXEL_DIFFERENCE,
}
