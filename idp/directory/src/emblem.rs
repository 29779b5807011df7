//! A school's emblem: whatever is uploaded is read as a picture and written anew, so that nothing but the picture is kept
//! (B-13).

use std::io::Cursor;

use idp_domain::{Secret, Slug};
use idp_store::{Effects, Signal};
use png::{BitDepth, ColorType, Decoder, Encoder, Limits, Transformations};

use crate::Directory;
use crate::asker::Asker;
use crate::error::{DirectoryError, FieldFault, Result};

/// Most bytes of an upload.
pub const MOST_BYTES: usize = 200 * 1024;
/// Most pixels of a side of an upload.
const MOST_SIDE: u32 = 1024;
/// Fewest pixels of a side: less cannot be recognised.
const LEAST_SIDE: u32 = 16;
/// Pixels of the longer side that are kept, enough for every place where it is shown.
const KEPT_SIDE: u32 = 192;
/// Most bytes that reading may take.
const MEMORY: usize = 8 * 1024 * 1024;

/// A picture in memory: red, green, blue, opacity, row by row.
struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Directory {
    /// Keeps a site's emblem, or takes it away when there are no bytes.
    pub async fn save_emblem(&self, asker: &Asker, slug: &Slug, upload: &[u8]) -> Result<()> {
        let seen = asker.site(slug).ok_or(DirectoryError::NotFound)?;
        self.may(asker.person, seen, asker.elevated, ("edit", None, None))?;
        let (verb, emblem) = match upload {
            [] => ("took away", None),
            bytes => {
                let png = written_anew(bytes)
                    .map_err(|words| DirectoryError::Faults(vec![FieldFault::new("emblem", words)]))?;
                // Its name: other bytes have another.
                let hash = Secret::presented(&format!("{png:?}")).hash().0;
                ("changed", Some((png, hash)))
            }
        };
        let sentence = format!("{} {verb} the emblem of {}", asker.name, seen.site.name);
        let entry = self.entry("site.changed", sentence, &seen.site).by(asker.person);
        let effects = Effects::audit(entry).signal(Signal::RegistryChange);
        Ok(self.context.store.save_emblem(seen.site.id, emblem, effects).await?)
    }
}

/// The picture as PNG, small and without anything that came along with it. Refused in words.
fn written_anew(upload: &[u8]) -> std::result::Result<Vec<u8>, &'static str> {
    if upload.len() > MOST_BYTES {
        return Err("The picture must be smaller than 200 KB");
    }
    let picture = read(upload)?;
    let small = shrunk(&picture);
    write(&small).ok_or("The picture cannot be kept. Save it as a PNG anew and try again")
}

fn read(upload: &[u8]) -> std::result::Result<Picture, &'static str> {
    let no_picture = "The file must be a PNG picture";
    let mut decoder = Decoder::new_with_limits(Cursor::new(upload), Limits { bytes: MEMORY });
    decoder.set_transformations(Transformations::normalize_to_color8() | Transformations::ALPHA);
    let mut reader = decoder.read_info().map_err(|_| no_picture)?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width > MOST_SIDE || height > MOST_SIDE {
        return Err("The picture must be no larger than 1024 by 1024 pixels");
    }
    if width < LEAST_SIDE || height < LEAST_SIDE {
        return Err("The picture must be at least 16 by 16 pixels");
    }
    let mut buffer = vec![0; reader.output_buffer_size().ok_or(no_picture)?];
    let frame = reader.next_frame(&mut buffer).map_err(|_| no_picture)?;
    buffer.truncate(frame.buffer_size());
    let pixels = match frame.color_type {
        ColorType::Rgba => buffer,
        ColorType::GrayscaleAlpha => {
            let (pairs, _) = buffer.as_chunks();
            pairs.iter().flat_map(|[grey, alpha]| [*grey, *grey, *grey, *alpha]).collect()
        }
        _ => return Err(no_picture),
    };
    Ok(Picture { width, height, pixels })
}

/// The picture with a longer side of [`KEPT_SIDE`] at the most: each pixel the average of those that it stands for.
fn shrunk(picture: &Picture) -> Picture {
    let longer = picture.width.max(picture.height).max(KEPT_SIDE);
    let side = |side: u32| (side * KEPT_SIDE / longer).max(1);
    let (width, height) = (side(picture.width), side(picture.height));
    let span = |at: u32, of: u32, from: u32| (at * from / of)..((at + 1) * from / of).max(at * from / of + 1);
    let mut pixels = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let mut sums = [0_u64; 4];
            let mut count = 0_u64;
            for row in span(y, height, picture.height) {
                for column in span(x, width, picture.width) {
                    let [red, green, blue, alpha] = picture.pixel(column, row).map(u64::from);
                    // What cannot be seen colours nothing.
                    for (sum, part) in sums.iter_mut().zip([red * alpha, green * alpha, blue * alpha, alpha]) {
                        *sum += part;
                    }
                    count += 1;
                }
            }
            let [red, green, blue, alpha] = sums;
            let colour = |sum: u64| u8::try_from(sum.checked_div(alpha).unwrap_or(0)).unwrap_or(u8::MAX);
            let opacity = u8::try_from(alpha.checked_div(count).unwrap_or(0)).unwrap_or(u8::MAX);
            pixels.extend([colour(red), colour(green), colour(blue), opacity]);
        }
    }
    Picture { width, height, pixels }
}

impl Picture {
    fn pixel(&self, x: u32, y: u32) -> [u8; 4] {
        let at = usize::try_from((y * self.width + x) * 4).unwrap_or(usize::MAX);
        self.pixels.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default()
    }
}

fn write(picture: &Picture) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, picture.width, picture.height);
    encoder.set_color(ColorType::Rgba);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&picture.pixels).ok()?;
    writer.finish().ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, colour: [u8; 4]) -> Vec<u8> {
        let pixels = colour.repeat(usize::try_from(width * height).unwrap());
        write(&Picture { width, height, pixels }).unwrap()
    }

    #[test]
    fn b_13_a_picture_is_kept_small_and_nothing_comes_along_with_it() {
        let mut upload = png(600, 300, [200, 30, 40, 255]);
        upload.extend(b"<script>alert(1)</script>PK\x03\x04");
        let kept = written_anew(&upload).unwrap();
        assert!(!String::from_utf8_lossy(&kept).contains("script"), "a polyglot is a picture afterwards");
        let seen = read(&kept).unwrap();
        assert_eq!((seen.width, seen.height, seen.pixel(5, 5)), (192, 96, [200, 30, 40, 255]));
        let small = written_anew(&png(20, 40, [1, 2, 3, 128])).unwrap();
        let seen = read(&small).unwrap();
        assert_eq!((seen.width, seen.height, seen.pixel(19, 39)), (20, 40, [1, 2, 3, 128]), "no larger than it was");
    }

    #[test]
    fn b_13_what_is_no_picture_or_too_large_is_refused_in_words() {
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec();
        let mut cut = png(300, 300, [9, 9, 9, 255]);
        cut.truncate(cut.len() / 2);
        let mut lies = png(20, 20, [9, 9, 9, 255]);
        // Says that it is 65535 pixels wide.
        lies[16..20].copy_from_slice(&65_535_u32.to_be_bytes());
        for (upload, words) in [
            (svg, "must be a PNG"),
            (cut, "must be a PNG"),
            (lies, "must be"),
            (Vec::from(*b"\x89PNG\r\n\x1a\n"), "must be a PNG"),
            (png(1025, 20, [0; 4]), "no larger than 1024"),
            (png(20, 15, [0; 4]), "at least 16"),
            (vec![0; MOST_BYTES + 1], "smaller than 200 KB"),
        ] {
            let refused = written_anew(&upload).unwrap_err();
            assert!(refused.contains(words), "{refused}");
        }
    }
}
