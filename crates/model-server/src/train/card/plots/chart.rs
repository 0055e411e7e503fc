//! Styles, and the square chart that two plots share.

use plotters::{
    coord::{Shift, types::RangedCoordf64},
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};
const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(0x1f, 0x29, 0x37);
pub(super) const FAINT: RGBColor = RGBColor(0x9c, 0xa3, 0xaf);
pub(super) const GRID: RGBColor = RGBColor(0xe5, 0xe7, 0xeb);
pub(super) const BLUE: RGBColor = RGBColor(0x25, 0x63, 0xeb);

/// The outcome of drawing.
pub(super) type Drawn = Result<(), Box<dyn std::error::Error>>;

pub(super) fn font(size: u32) -> TextStyle<'static> {
    (FONT, size).into_font().color(&INK)
}

pub(super) fn faint(size: u32) -> TextStyle<'static> {
    (FONT, size).into_font().color(&FAINT)
}

pub(super) fn centred(size: u32) -> TextStyle<'static> {
    font(size).pos(Pos::new(HPos::Center, VPos::Center))
}

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type UnitSquare<'a, 'b> =
    ChartContext<'b, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// A white square chart with both axes from 0 to 1 and the diagonal, which is chance in a ROC plot
/// and perfect calibration in a calibration plot.
pub(super) fn unit_square<'a, 'b>(
    area: &'b Area<'a>,
    title: &str,
    x: &str,
    y: &str,
) -> Result<UnitSquare<'a, 'b>, Box<dyn std::error::Error>> {
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(area)
        .caption(title, font(22))
        .margin(18)
        .x_label_area_size(52)
        .y_label_area_size(58)
        .build_cartesian_2d(0.0..1.0f64, 0.0..1.0f64)?;
    chart
        .configure_mesh()
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|x| format!("{x:.1}"))
        .y_label_formatter(&|y| format!("{y:.1}"))
        .max_light_lines(1)
        // Only the bold lines of the grid are visible.
        .light_line_style(WHITE)
        .bold_line_style(GRID)
        .axis_style(FAINT)
        .label_style(font(15))
        .axis_desc_style(font(16))
        .x_desc(x)
        .y_desc(y)
        .draw()?;
    let diagonal = [(0.0, 0.0), (1.0, 1.0)];
    chart.draw_series(DashedLineSeries::new(diagonal, 6, 5, FAINT.stroke_width(1)))?;
    Ok(chart)
}
