//! The summary of contributions: a row per feature, a dot per woman, coloured by her value.

use plotters::{
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};
use vitals_core::domain::features::{FEATURES, Feature};

use crate::{
    explain::{FeatureOverview, Overview},
    train::card::Card,
};

use super::chart::{Area, Drawn, FAINT, GRID, centred, faint, font};

const SIZE: (u32, u32) = (960, 640);

/// Every so many women one is drawn.
const STEP: usize = 3;

/// The plot between these edges, in pixels.
const LEFT: i32 = 230;
const RIGHT: i32 = 840;
const TOP: i32 = 60;
const BOTTOM: i32 = 565;

const RADIUS: i32 = 3;
/// Dots in the same column of pixels are stacked this far apart.
const STACKED: i32 = 4;

pub(super) fn draw(svg: &mut String, card: &Card, overview: &Overview) -> Drawn {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let title = format!("Contributions of the values of every third woman: {}", card.model);
    area.draw(&Text::new(title, (SIZE.0 as i32 / 2, 26), centred(22)))?;

    let all = || overview.features.iter().flat_map(|f| f.dependence.contributions.iter());
    let widest = all().fold(0.0f64, |widest, c| widest.max(c.abs())).max(0.1) * 1.04;
    let x = |contribution: f64| {
        let share = (contribution / widest + 1.0) / 2.0;
        LEFT + (share * f64::from(RIGHT - LEFT)).round() as i32
    };
    for tick in ticks(widest) {
        let at = x(tick);
        let style = if tick == 0.0 { FAINT } else { GRID };
        area.draw(&PathElement::new([(at, TOP), (at, BOTTOM)], style))?;
        area.draw(&Text::new(format!("{tick}"), (at, BOTTOM + 16), centred(15)))?;
    }
    let note = "contribution to the log-odds: lower risk on the left, higher on the right";
    area.draw(&Text::new(note, ((LEFT + RIGHT) / 2, BOTTOM + 42), centred(16)))?;

    let lane = (BOTTOM - TOP) / overview.features.len().max(1) as i32;
    for (row, feature) in overview.ranked().into_iter().enumerate() {
        let middle = TOP + lane * row as i32 + lane / 2;
        let name = Feature::position(&feature.feature).map_or("", |j| FEATURES[j].label);
        let right_aligned = font(16).pos(Pos::new(HPos::Right, VPos::Center));
        area.draw(&Text::new(name, (LEFT - 14, middle), right_aligned))?;
        for (at, colour) in dots(feature, &x, middle, lane / 2 - 3) {
            area.draw(&Circle::new(at, RADIUS, colour.filled()))?;
        }
    }
    legend(&area)?;
    Ok(area.present()?)
}

/// Whole or half numbers that fit.
fn ticks(widest: f64) -> Vec<f64> {
    let step = if widest > 3.0 { 1.0 } else { 0.5 };
    let most = (widest / step).floor() as i32;
    (-most..=most).map(|i| f64::from(i) * step).collect()
}

/// Places and colours of a feature's dots: those in the same place are stacked, up and down.
fn dots(
    feature: &FeatureOverview,
    x: &impl Fn(f64) -> i32,
    middle: i32,
    most: i32,
) -> Vec<((i32, i32), RGBColor)> {
    let ranks = ranks(&feature.dependence.values);
    let mut stacked = std::collections::BTreeMap::<i32, i32>::new();
    let contributions = feature.dependence.contributions.iter();
    let chosen = contributions.zip(&ranks).step_by(STEP);
    chosen
        .map(|(contribution, rank)| {
            let at = x(*contribution);
            // Dots are wider than a pixel: neighbours share a stack.
            let place = stacked.entry(at / (2 * RADIUS)).or_default();
            *place += 1;
            let away = (*place / 2 * STACKED).min(most);
            let y = if *place % 2 == 0 { middle - away } else { middle + away };
            ((at, y), rank.map_or(FAINT, colour))
        })
        .collect()
}

/// Every value's place among the measured ones, from 0 to 1.
fn ranks(values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut sorted: Vec<f64> = values.iter().flatten().copied().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1).max(1) as f64;
    let rank = |value: f64| {
        let (below, up_to) =
            (sorted.partition_point(|v| *v < value), sorted.partition_point(|v| *v <= value));
        (below + up_to).saturating_sub(1) as f64 / 2.0 / last
    };
    values.iter().map(|value| value.map(rank)).collect()
}

/// From blue over grey-violet to red.
fn colour(rank: f64) -> RGBColor {
    const LOW: [f64; 3] = [37.0, 99.0, 235.0];
    const HIGH: [f64; 3] = [220.0, 38.0, 60.0];
    let [red, green, blue] = [0, 1, 2].map(|i| (LOW[i] + (HIGH[i] - LOW[i]) * rank).round() as u8);
    RGBColor(red, green, blue)
}

fn legend(area: &Area<'_>) -> Drawn {
    let (x, top, bottom) = (RIGHT + 40, TOP + 60, BOTTOM - 60);
    let parts = 40;
    let height = f64::from(bottom - top) / f64::from(parts);
    for part in 0..parts {
        let y = top + (height * f64::from(part)).round() as i32;
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
