"""Scores by the names they have in metrics/*.json. A new one is a file and a line here."""

from s2f_core.metrics.classifier import CLASSIFIER_SCORE
from s2f_core.metrics.distances import ENERGY, FID, KID
from s2f_core.metrics.diversity import DIVERSITY
from s2f_core.metrics.edge_consistency import EDGE_CONSISTENCY
from s2f_core.metrics.landmarks import FACES_FOUND, LANDMARK_ERROR
from s2f_core.metrics.memorisation import MEMORISATION
from s2f_core.metrics.pixels import PIXEL_DIFFERENCE, PIXEL_DIFFERENCE_L2
from s2f_core.metrics.precision_recall import COVERAGE, DENSITY, PRECISION, RECALL
from s2f_core.metrics.sharpness import SHARPNESS
from s2f_core.metrics.ssim import MS_SSIM, PSNR, SSIM
from s2f_core.metrics.surfaces import SURFACE_ERROR
from s2f_core.metrics.types import Score

OF_SETS: dict[str, Score] = {
    "fid": FID,
    "kid": KID,
    "precision": PRECISION,
    "recall": RECALL,
    "density": DENSITY,
    "coverage": COVERAGE,
    "classifier_score": CLASSIFIER_SCORE,
}
OF_PAIRS: dict[str, Score] = {
    **OF_SETS,
    "ssim": SSIM,
    "ms_ssim": MS_SSIM,
    "psnr": PSNR,
    "pixel_difference": PIXEL_DIFFERENCE,
    "pixel_difference_l2": PIXEL_DIFFERENCE_L2,
    "edge_consistency": EDGE_CONSISTENCY,
    "landmark_error": LANDMARK_ERROR,
    "faces_found": FACES_FOUND,
    "sharpness": SHARPNESS,
}
OF_SAMPLES: dict[str, Score] = {
    **OF_SETS,
    "diversity": DIVERSITY,
    "faces_found": FACES_FOUND,
    "sharpness": SHARPNESS,
    "memorisation": MEMORISATION,
}
OF_SURFACES: dict[str, Score] = {"surface_error": SURFACE_ERROR, "energy_distance": ENERGY}
