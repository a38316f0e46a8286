"""Generate the reference page of what s2f reads: layouts, formats, papers, limits, reasons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from docs.generate.parameters import markdown
from s2f_core.common import images
from s2f_core.common.entry_names import ALLOWED, RESERVED
from s2f_core.common.rejections import Reason
from s2f_core.data.datasets import crops, files, walk
from s2f_core.data.datasets.folder_tree import IMAGE_EXTENSIONS, PART_WORDS
from s2f_core.data.sketch import normalise, paper
from s2f_core.data.split import MIN_IMAGES
from s2f_core.demo import hints, uploads
from s2f_core.inference import inputs, options, sources, video_files
from s2f_core.inference.output_files import writable_extensions

TEXT = """\
# What it reads

Layouts, formats, papers and limits of a folder of your own (`source: folder`) and of the commands
that take pictures. A picture that cannot be used is one line, or a rejected row with a reason; the
others are read.

## Layouts of a folder

| in the folder | read as |
|---|---|
| `sky.jpg`, `trips/sea.jpg` | `images`: photos at any depth |
| `oak/1.jpg`, `elm/1.jpg` | `classes`: each sub-folder is a class |
| `A/1.png`, `B/1.jpg` | `pairs`: files of the same name, the sketch in `A/` |
| `A/x.png`, `B/1.jpg` | `unpaired`: two domains of any sizes |
| `1.jpg`, twice as wide as high | `strips`: sketch and photo in one picture |
| `trainA/`, `trainB/`, `testA/`, `testB/` | `pairs` or `unpaired`, with the publisher's parts |
| `train/`, `val/`, `test/` above any of these, or below `A/` and `B/` | the publisher's parts |

`layout: auto` looks at all pictures. Before it decodes them it logs what it understood. Where two
layouts are possible it stops and asks. `a` and `b` give the two folders other names.

- Parts are {parts}, in any case. `split.official: true` keeps them; without it the log says that
  they are not kept.
- Case, Unicode forms and endings do not count in the names of a pair. Numbers that differ by
  leading zeros are not paired; the log says so.
- Zips directly in the folder are read, also those made on Windows or macOS, and `path` may be a
  zip. Archives in archives are not read.
- Links are followed, but not to a folder above, and a folder at most {visits} times. A broken link
  to a picture is a rejected row; DVC, though, stops at it before the stage runs.
- Hidden files and those of operating systems (`.DS_Store`, `Thumbs.db`) are left out.
- From {min_images} images on, no part of the split is empty. With fewer, the stage stops where one
  would be.

## Formats

{formats}, told by their content. In folders, files with one of these endings, in any case:
{endings}. HEIF needs the extra `heif`. Of an animation or a file of several pages the first picture
is read.

Pictures are turned as EXIF says; broken metadata is ignored. 16-bit values are scaled to 8, CMYK
and palettes become RGB, colour profiles are ignored. Transparency is laid on white, under white ink
on black.

`s2f translate -o face.jpg` writes {writable}.

Videos are what OpenCV decodes. Frames of a variable rate keep their times, within {shift} ms. A
frame that cannot be decoded is counted, and the one before stays. They are written as {videos}.

## Drawings on paper

A drawing is a scan, a photo of a sheet, or digital. Paper may be coloured, dark, lined, squared,
unevenly lit or lie on a table. Before a drawing goes into a model:

{cleaning}

Light may fall to a third across the sheet, and a shadow to half. Ruling has at least five straight
lines at equal distances. What stays in part: bent ruling, ruling in perspective, and printed dots.

A page without ink is translated too, and so is one of which little is paper: the log says so below
{min_paper}, the demo's hints below {min_canvas}.

## Limits

| of | limit |
|---|---|
| a picture | {max_pixels} pixels; for a model, one side is at most {ratio} times the other |
| the samples of one picture | {samples} |
| a picture of a data set | at least {min_side} pixels a side |
| a file of `s2f translate` | {translated} MiB |
| a file in a zip | {zipped} MiB |
| an upload to the demo | {upload} MiB, {upload_pixels} pixels |
| a drawing while it is cleaned | shrunk to {cleaned} pixels a side |
| frames in a row that fail | {failures}, then the video has ended |

## Names

Roles, conditions, tables, variants and translations: {names}. {reserved} are no roles, since the
pipeline has folders of these names. Classes may have any name.

## Reasons

`index.parquet` has one of these for a rejected file, with its numbers after a colon. The log counts
them. Other reasons name a file: one of the same name, no partner, an empty class.

{reasons}
"""


def page() -> str:
    """The page, in Markdown."""
    cleaning = markdown(paper.clean.__doc__ or "").partition("In this order:")[2].strip()
    return TEXT.format(
        parts=_code(PART_WORDS),
        visits=walk.MAX_VISITS,
        min_images=MIN_IMAGES,
        formats=", ".join(images.FORMATS),
        endings=_code(IMAGE_EXTENSIONS),
        writable=_code(writable_extensions()),
        videos=_code(video_files.CODECS),
        cleaning=cleaning,
        shift=round(1000 * video_files.MAX_SHIFT),
        min_canvas=f"{hints.MIN_PAPER:.0%}",
        min_paper=f"{normalise.MIN_PAPER:.0%}",
        max_pixels=f"{images.MAX_PIXELS:,}",
        ratio=inputs.MAX_RATIO,
        samples=f"{options.MAX_SAMPLES:,}",
        min_side=crops.MIN_SIDE,
        translated=sources.MAX_BYTES >> 20,
        zipped=files.MAX_BYTES >> 20,
        upload=uploads.MAX_BYTES >> 20,
        upload_pixels=f"{uploads.MAX_PIXELS:,}",
        cleaned=f"{normalise.MAX_SIDE:,}",
        failures=video_files.MAX_FAILURES,
        names=ALLOWED,
        reserved=_code(RESERVED["data"]),
        reasons="\n".join(f"- {reason}" for reason in get_args(Reason)),
    )


def _code(words: Iterable[str]) -> str:
    return " ".join(f"`{word}`" for word in words)
