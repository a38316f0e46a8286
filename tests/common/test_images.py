"""Decoding of every kind of file, and conversion to tensors."""

import io

import numpy as np
import pytest
import torch
from bad_pictures import tiff
from PIL import Image

from s2f_core.common.images import (
    MAX_PIXELS,
    ImageError,
    Pixels,
    decode,
    encode_png,
    from_model,
    grid,
    resize,
    to_model,
)


def _bytes(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_grey_becomes_three_equal_channels() -> None:
    """A grey PNG."""
    image = decode(_bytes(Image.new("L", (4, 3), 77)))
    assert image.shape == (3, 4, 3)
    assert (image == 77).all()


def test_transparency_is_flattened_on_white() -> None:
    """Half transparent black is mid grey; a transparent palette entry is white."""
    assert decode(_bytes(Image.new("RGBA", (2, 2), (0, 0, 0, 128)))).max() == 127
    palette = Image.new("P", (2, 2), 0)
    assert (decode(_bytes(palette, transparency=0)) == 255).all()


@pytest.mark.parametrize("side", [40, 1500])
@pytest.mark.parametrize(("mode", "ink"), [("RGBA", (250, 250, 250, 255)), ("LA", (255, 255))])
def test_transparent_white_ink_is_laid_on_black(side: int, mode: str, ink: tuple[int, ...]) -> None:
    """On white it would be gone; black ink, and a page that is white all over, stay on white."""
    page = Image.new(mode, (side, side), 0)
    assert (decode(_bytes(page)) == 255).all()
    page.paste(ink, (side // 4, side // 4, side // 2, side // 2))
    image = decode(_bytes(page))
    assert image[0, 0].tolist() == [0, 0, 0]
    assert image[3 * side // 8, 3 * side // 8].min() >= 250
    page.paste((0,) * (len(mode) - 1) + (255,), (0, 0, side // 4, side // 4))
    assert decode(_bytes(page))[-1, -1].tolist() == [255, 255, 255]
    assert (decode(_bytes(Image.new(mode, (side, side), ink))) >= 250).all()


def test_sixteen_bits_are_scaled_to_eight() -> None:
    """65535 is white and half of it mid grey, not clipped."""
    wide = np.array([[0, 32896, 65535]], dtype=np.uint16)
    image = decode(_bytes(Image.fromarray(wide)))
    assert image[0, :, 0].tolist() == [0, 128, 255]


def test_grey_tiffs_are_scaled_from_their_white() -> None:
    """16 bits in which 0 is white, and 12 bits; other ranges are rejected."""
    ramp = np.linspace(0, 65535, 6).astype(np.uint16)[None]
    twelve = "".join(f"{value >> 4:012b}" for value in ramp[0])
    packed = bytes(int(twelve[at : at + 8], 2) for at in range(0, 72, 8))
    expected = [0, 51, 102, 153, 204, 255]
    assert decode(tiff(6, 1, 16, 1, ramp.tobytes()))[0, :, 0].tolist() == expected
    assert decode(tiff(6, 1, 16, 0, ramp.tobytes()))[0, :, 0].tolist() == expected[::-1]
    assert decode(tiff(6, 1, 12, 1, packed))[0, :, 0].tolist() == expected
    with pytest.raises(ImageError, match="its grey values are outside 0 to 65535"):
        decode(tiff(6, 1, 32, 1, (ramp.astype(np.uint32) * 9999).tobytes()))


def test_cmyk_and_exif_rotation_are_converted() -> None:
    """A photo taken sideways becomes upright."""
    assert decode(_bytes(Image.new("CMYK", (2, 2), (0, 0, 0, 0)), "JPEG")).min() == 255
    image = Image.new("RGB", (4, 2))
    exif = image.getexif()
    exif[0x0112] = 6
    assert decode(_bytes(image, "JPEG", exif=exif)).shape == (4, 2, 3)


def test_broken_data_is_rejected_with_the_reason(faces: Pixels) -> None:
    """Truncated, empty, not an image, too large."""
    jpeg = _bytes(Image.fromarray(faces[0]).resize((128, 128)), "JPEG")
    with pytest.raises(ImageError, match="truncated"):
        decode(jpeg[: len(jpeg) // 2])
    with pytest.raises(ImageError, match="empty file"):
        decode(b"")
    with pytest.raises(ImageError, match="an HTML page"):
        decode(b"<html>not found</html>")
    bomb = _bytes(Image.new("1", (9000, MAX_PIXELS // 9000 + 1)))
    with pytest.raises(ImageError, match="pixels"):
        decode(bomb)


def test_the_conversion_to_tensors_is_exact() -> None:
    """uint8 → [-1, 1] → uint8 for every value, also in bfloat16."""
    values = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16, 1)
    inside = to_model(values)
    assert inside.shape == (1, 1, 16, 16)
    assert inside.min() == -1
    assert inside.max() == 1
    assert (from_model(inside) == values.numpy()).all()
    assert from_model(torch.full((1, 1, 1, 1), 3.0)).item() == 255


def test_resize_averages_when_shrinking() -> None:
    """A checkerboard becomes grey, not noise."""
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None]
    small = resize(board, 16)
    assert small.shape == (16, 16, 1)
    assert np.ptp(small) <= 1
    assert resize(board, 100).shape == (100, 100, 1)


def test_a_grid_has_images_row_by_row(faces: Pixels) -> None:
    """Three in two columns: the fourth cell is white."""
    sheet = grid(faces[:3], columns=2, gap=2)
    assert sheet.shape == (66, 66, 3)
    assert (sheet[34:, :32] == faces[2]).all()
    assert (sheet[34:, 34:] == 255).all()


def test_png_is_lossless(faces: Pixels) -> None:
    """The same pixels come back, grey and colour."""
    assert (decode(encode_png(faces[0])) == faces[0]).all()
    assert (decode(encode_png(faces[0][..., :1])) == faces[0][..., :1]).all()
