"""Thirty of the 101 Formulaic Alphas as expressions, for `algotrendy.features(…, by="symbol")`.

They are among those that the paper specifies without data on industries or capitalisation.

Where the paper leaves a choice, it is made as follows:

- `rank` is the rank among the members of the universe that have a value at that time, in (0, 1],
  equals at their mean rank; `ts_rank` is the same among the last n values of a member.
- `stddev` and `covariance` are the sample's: they divide by n - 1.
- `ts_argmax` counts days from 1, the oldest of the window, to n, today; it takes the latest of
  equals.
- `decay_linear` gives the latest day the greatest weight.
- `vwap` is notional / volume, and `adv20` the mean notional of twenty days.
- A member's windows are of its own bars; a day on which it has none is not in them.
- A correlation with what does not vary is null, and so is what comes of it.

Sources
-------
Kakushadze, Z. (2016). 101 Formulaic Alphas. Wilmott 2016(84), 72-81; arXiv:1601.00991.
"""

_RETURNS = "ret(close)"
_ADV20 = "mean(notional, 20)"
_MONEY_5 = f"sum(open, 5) * sum({_RETURNS}, 5)"
_PLACE = "((close - low) - (high - close))"

ALPHAS: dict[str, str] = {
    "alpha1": f"cs_rank(5 - argmax(signed_power("
    f"std({_RETURNS}, 20) if {_RETURNS} < 0 else close, 2), 5)) - 0.5",
    "alpha2": "-corr(cs_rank(delta(log(volume), 2)), cs_rank((close - open) / open), 6)",
    "alpha3": "-corr(cs_rank(open), cs_rank(volume), 10)",
    "alpha4": "-rank(cs_rank(low), 9)",
    "alpha5": "cs_rank(open - sum(vwap, 10) / 10) * -abs(cs_rank(close - vwap))",
    "alpha6": "-corr(open, volume, 10)",
    "alpha7": f"-rank(abs(delta(close, 7)), 60) * sign(delta(close, 7)) "
    f"if {_ADV20} < volume else -1",
    "alpha8": f"-cs_rank({_MONEY_5} - lag({_MONEY_5}, 10))",
    "alpha9": "delta(close) if min(delta(close), 5) > 0 or max(delta(close), 5) < 0 "
    "else -delta(close)",
    "alpha10": "cs_rank(delta(close) if min(delta(close), 4) > 0 or max(delta(close), 4) < 0 "
    "else -delta(close))",
    "alpha11": "(cs_rank(max(vwap - close, 3)) + cs_rank(min(vwap - close, 3))) "
    "* cs_rank(delta(volume, 3))",
    "alpha12": "sign(delta(volume)) * -delta(close)",
    "alpha13": "-cs_rank(cov(cs_rank(close), cs_rank(volume), 5))",
    "alpha14": f"-cs_rank(delta({_RETURNS}, 3)) * corr(open, volume, 10)",
    "alpha15": "-sum(cs_rank(corr(cs_rank(high), cs_rank(volume), 3)), 3)",
    "alpha16": "-cs_rank(cov(cs_rank(high), cs_rank(volume), 5))",
    "alpha17": f"-cs_rank(rank(close, 10)) * cs_rank(delta(delta(close))) "
    f"* cs_rank(rank(volume / {_ADV20}, 5))",
    "alpha18": "-cs_rank(std(abs(close - open), 5) + (close - open) + corr(close, open, 10))",
    "alpha20": "-cs_rank(open - lag(high)) * cs_rank(open - lag(close)) * cs_rank(open - lag(low))",
    "alpha22": "-delta(corr(high, volume, 5), 5) * cs_rank(std(close, 20))",
    "alpha26": "-max(corr(rank(volume, 5), rank(high, 5), 5), 3)",
    "alpha28": f"cs_scale(corr({_ADV20}, low, 5) + (high + low) / 2 - close)",
    "alpha31": "cs_rank(cs_rank(cs_rank(decay_linear(-cs_rank(cs_rank(delta(close, 10))), 10)))) "
    f"+ cs_rank(-delta(close, 3)) + sign(cs_scale(corr({_ADV20}, low, 12)))",
    "alpha34": f"cs_rank((1 - cs_rank(std({_RETURNS}, 2) / std({_RETURNS}, 5))) "
    "+ (1 - cs_rank(delta(close))))",
    "alpha41": "(high * low) ** 0.5 - vwap",
    "alpha42": "cs_rank(vwap - close) / cs_rank(vwap + close)",
    "alpha53": f"-delta({_PLACE} / (close - low), 9)",
    "alpha57": "-(close - vwap) / decay_linear(cs_rank(30 - argmax(close, 30)), 2)",
    "alpha60": f"-(2 * cs_scale(cs_rank({_PLACE} / (high - low) * volume)) "
    "- cs_scale(cs_rank(10 - argmax(close, 10))))",
    "alpha101": "(close - open) / (high - low + 0.001)",
}
"""The expression of each alpha, by the paper's number."""
