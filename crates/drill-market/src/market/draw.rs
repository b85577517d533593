//! Chance: everything random in a market, drawn from one seed. `libm` gives the same bits on every machine, which the
//! standard library's functions do not promise.

use machine::Prng;

/// A source of chance.
#[derive(Clone, Debug)]
pub(crate) struct Draw(Prng);

impl Draw {
    /// The same numbers for the same seed; `stream` keeps those of different uses apart.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut seeds = Prng::new(seed ^ stream.wrapping_mul(0xa076_1d64_78bd_642f));
        Self(Prng::new(seeds.next_u64()))
    }

    /// Above 0 and below 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        let bits = self.0.next_u64() >> 12;
        (bits as f64 + 0.5) / 4_503_599_627_370_496.0
    }

    /// Of the normal distribution.
    pub(crate) fn normal(&mut self) -> f64 {
        quantile(self.uniform())
    }

    /// One uniform number out of each of `count` equal parts of 0 to 1, in random order: as even as chance can be, so
    /// that a small sample has the spread of a large one.
    pub(crate) fn strata(&mut self, count: usize) -> Vec<f64> {
        let mut all: Vec<f64> =
            (0..count).map(|place| (place as f64 + self.uniform()) / count as f64).collect();
        for place in (1..count).rev() {
            all.swap(place, self.0.index(place + 1));
        }
        all
    }
}

/// The value that a normal number is below with this probability, to a billionth.
///
/// Source: Acklam, "An algorithm for computing the inverse normal cumulative distribution function" (2003).
pub(crate) fn quantile(probability: f64) -> f64 {
    const LOW: f64 = 0.024_25;
    let tail = |probability: f64| {
        let root = libm::sqrt(-2.0 * libm::log(probability));
        let top = horner(
            root,
            &[
                -0.007_784_894_002_430_293,
                -0.322_396_458_041_136_5,
                -2.400_758_277_161_838,
                -2.549_732_539_343_734,
                4.374_664_141_464_968,
                2.938_163_982_698_783,
            ],
        );
        let bottom = horner(
            root,
            &[
                0.007_784_695_709_041_462,
                0.322_467_129_070_039_8,
                2.445_134_137_142_996,
                3.754_408_661_907_416,
                1.0,
            ],
        );
        top / bottom
    };
    if probability < LOW {
        return tail(probability);
    }
    if probability > 1.0 - LOW {
        return -tail(1.0 - probability);
    }
    let off = probability - 0.5;
    let square = off * off;
    let top = horner(
        square,
        &[
            -39.696_830_286_653_76,
            220.946_098_424_520_5,
            -275.928_510_446_968_7,
            138.357_751_867_269,
            -30.664_798_066_147_16,
            2.506_628_277_459_239,
        ],
    );
    let bottom = horner(
        square,
        &[
            -54.476_098_798_224_06,
            161.585_836_858_040_9,
            -155.698_979_859_886_6,
            66.801_311_887_719_72,
            -13.280_681_552_885_72,
            1.0,
        ],
    );
    top * off / bottom
}

/// A polynomial, the highest power first.
fn horner(at: f64, factors: &[f64]) -> f64 {
    factors.iter().fold(0.0, |sum, factor| sum * at + factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_lie_as_the_table_says() {
        // Populations with too thin a tail have no accounts that fail first, and no crisis begins.
        for (probability, wanted) in
            [(0.5, 0.0), (0.841_344_746, 1.0), (0.001_349_898, -3.0), (0.975, 1.959_963_985)]
        {
            let given = quantile(probability);
            assert!((given - wanted).abs() < 1e-6, "{probability}: {given}");
        }
        let mut draw = Draw::new(1, 1);
        let all: Vec<f64> = draw.strata(1_000).into_iter().map(quantile).collect();
        let mean = all.iter().sum::<f64>() / 1_000.0;
        let square = all.iter().map(|it| it * it).sum::<f64>() / 1_000.0;
        assert!(mean.abs() < 0.01 && (square - 1.0).abs() < 0.02, "{mean} {square}");
    }
}
