"""Customer lifetime value, two ways that are never mixed: what was spent (a fact), and what 12 months may bring.

    histories  what people bought by a day, in arrays                         connector.clv.histories
    bgnbd      how often they buy again, and until when                       connector.clv.bgnbd
    spending   what a purchase of theirs is worth                             connector.clv.spending
    forecast   both together: money within a year, each with its interval     connector.clv.forecast
    report     the answer of `connector clv`, hidden where data are thin      connector.clv.report

This package alone needs numpy and scipy, which come with the extra `clv`.
"""
