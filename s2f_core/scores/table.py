"""Scores by the names they have in metrics/*.json. A new one is a file and a line here."""

from s2f_core.scores.distances import ENERGY, FID, KID
from s2f_core.scores.diversity import DIVERSITY
from s2f_core.scores.kinds import Score
from s2f_core.scores.pixels import PIXEL_DIFFERENCE
from s2f_core.scores.similarity import PSNR, SSIM
from s2f_core.scores.surfaces import SURFACE_ERROR

OF_PAIRS: dict[str, Score] = {
    "fid": FID,
    "kid": KID,
    "ssim": SSIM,
    "psnr": PSNR,
    "pixel_difference": PIXEL_DIFFERENCE,
}
OF_SAMPLES: dict[str, Score] = {"fid": FID, "kid": KID, "diversity": DIVERSITY}
OF_SURFACES: dict[str, Score] = {"surface_error": SURFACE_ERROR, "energy_distance": ENERGY}
