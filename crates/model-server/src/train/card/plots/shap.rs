//! The summary of contributions: one lane per feature, one dot per woman, coloured by her value.

use plotters::{
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};
use vitals_core::domain::features::{FEATURES, Feature};

use crate::explain::{FeatureOverview, Overview};

use super::chart::{Area, Drawn, FAINT, GRID, centred, faint, font};

const SIZE: (u32, u32) = (960, 640);

/// Women per drawn dot.
const STEP: usize = 3;

/// Edges of the plot, in pixels.
const LEFT: i32 = 230;
const RIGHT: i32 = 840;
const TOP: i32 = 60;
const BOTTOM: i32 = 565;

const RADIUS: i32 = 3;
/// Distance between stacked dots.
const STACK_STEP: i32 = 4;

pub(super) fn draw(svg: &mut String, model: &str, overview: &Overview) -> Drawn {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let title = format!("Contributions of the values of every third woman: {model}");
    area.draw(&Text::new(title, (SIZE.0 as i32 / 2, 26), centred(22)))?;

    // The horizontal axis, symmetric around 0.
    let all = overview.features.iter().flat_map(|f| f.dependence.contributions.iter());
    let widest = all.fold(0.0f64, |widest, c| widest.max(c.abs())).max(0.1) * 1.04;
    for tick in ticks(widest) {
        let at = x(tick, widest);
        let style = if tick == 0.0 { FAINT } else { GRID };
        area.draw(&PathElement::new([(at, TOP), (at, BOTTOM)], style))?;
        area.draw(&Text::new(format!("{tick}"), (at, BOTTOM + 16), centred(15)))?;
    }
    let note = "contribution to the log-odds: lower risk on the left, higher on the right";
    area.draw(&Text::new(note, ((LEFT + RIGHT) / 2, BOTTOM + 42), centred(16)))?;

    // One lane per feature, the most important on top.
    let lane = (BOTTOM - TOP) / overview.features.len().max(1) as i32;
    for (row, feature) in overview.ranked().into_iter().enumerate() {
        let middle = TOP + lane * row as i32 + lane / 2;
        let name = Feature::position(&feature.feature).map_or("", |j| FEATURES[j].label);
        let right_aligned = font(16).pos(Pos::new(HPos::Right, VPos::Center));
        area.draw(&Text::new(name, (LEFT - 14, middle), right_aligned))?;
        for (at, colour) in dots(feature, widest, middle, lane / 2 - 3) {
            area.draw(&Circle::new(at, RADIUS, colour.filled()))?;
        }
    }
    legend(&area)?;
    Ok(area.present()?)
}

/// The pixel of a contribution.
fn x(contribution: f64, widest: f64) -> i32 {
    let share = (contribution / widest + 1.0) / 2.0;
    LEFT + (share * f64::from(RIGHT - LEFT)).round() as i32
}

/// Ticks at whole or half numbers.
fn ticks(widest: f64) -> Vec<f64> {
    let step = if widest > 3.0 { 1.0 } else { 0.5 };
    let most = (widest / step).floor() as i32;
    (-most..=most).map(|i| f64::from(i) * step).collect()
}

/// Positions and colours of a feature's dots. Dots in the same column are stacked up and down.
fn dots(
    feature: &FeatureOverview,
    widest: f64,
    middle: i32,
    max_offset: i32,
) -> Vec<((i32, i32), RGBColor)> {
    // Ranks instead of values, so that outliers don't use up the colours.
    let ranks = ranks(&feature.dependence.values);
    let mut stacked = std::collections::BTreeMap::<i32, i32>::new();
    let contributions = feature.dependence.contributions.iter();
    let chosen = contributions.zip(&ranks).step_by(STEP);
    chosen
        .map(|(contribution, rank)| {
            let at = x(*contribution, widest);
            // Dots are wider than a pixel, so neighbouring columns share a stack.
            let count = stacked.entry(at / (2 * RADIUS)).or_default();
            *count += 1;
            let offset = (*count / 2 * STACK_STEP).min(max_offset);
            let y = if *count % 2 == 0 { middle - offset } else { middle + offset };
            ((at, y), rank.map_or(FAINT, colour))
        })
        .collect()
}

/// The rank of every measured value, from 0 to 1.
fn ranks(values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut sorted: Vec<f64> = values.iter().flatten().copied().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1).max(1) as f64;
    let ranks = values.iter().map(|value| {
        value.map(|value| {
            let below = sorted.partition_point(|v| *v < value);
            let up_to = sorted.partition_point(|v| *v <= value);
            // Equal values share the mean of their ranks, and so their colour.
            (below + up_to).saturating_sub(1) as f64 / 2.0 / last
        })
    });
    ranks.collect()
}

/// From blue over grey-violet to red.
fn colour(rank: f64) -> RGBColor {
    const LOW: [f64; 3] = [37.0, 99.0, 235.0];
    const HIGH: [f64; 3] = [220.0, 38.0, 60.0];
    let [red, green, blue] = [0, 1, 2].map(|i| (LOW[i] + (HIGH[i] - LOW[i]) * rank).round() as u8);
    RGBColor(red, green, blue)
}

fn legend(area: &Area<'_>) -> Drawn {
    let x = RIGHT + 40;
    let top = TOP + 60;
    let bottom = BOTTOM - 60;
    let parts = 40;
    let height = f64::from(bottom - top) / f64::from(parts);
    for part in 0..parts {
        let y = top + (height * f64::from(part)).round() as i32;
        // Rounded up, so that no gap shows between the parts.
        let corners = [(x, y), (x + 12, y + height.ceil() as i32)];
        let rank = 1.0 - f64::from(part) / f64::from(parts - 1);
        area.draw(&Rectangle::new(corners, colour(rank).filled()))?;
    }
    area.draw(&Text::new("high", (x + 6, top - 14), centred(15)))?;
    area.draw(&Text::new("low", (x + 6, bottom + 14), centred(15)))?;
    area.draw(&Circle::new((x - 20, bottom + 40), RADIUS, FAINT.filled()))?;
    let beside = faint(14).pos(Pos::new(HPos::Left, VPos::Center));
    area.draw(&Text::new("not measured", (x - 12, bottom + 40), beside))?;
    Ok(())
}
