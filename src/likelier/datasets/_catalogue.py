"""What each bundled data set is, where it comes from, and under which licence it is shipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Dataset:
    """A bundled data set, described.

    Attributes:
        name: what `load` takes.
        title: what it holds, in one line.
        rows: how many rows it has.
        columns: the meaning and unit of each column, in the order of the columns.
        source: where it was published.
        licence: the terms under which it is shipped.
        file: its file in the folder `tables`.
    """

    name: str
    title: str
    rows: int
    columns: Mapping[str, str]
    source: str
    licence: str
    file: str

    def __str__(self) -> str:
        width = max(len(column) for column in self.columns)
        lines = [f"{column:<{width}}  {meaning}" for column, meaning in self.columns.items()]
        return "\n".join(
            [
                f"{self.name}: {self.title}",
                f"{self.rows:,} rows",
                *(f"  {line}" for line in lines),
                f"Source: {self.source}",
                f"Licence: {self.licence}",
            ]
        )


def _dataset(
    name: str,
    title: str,
    rows: int,
    columns: dict[str, str],
    *,
    source: str,
    licence: str,
    compressed: bool = False,
) -> Dataset:
    file = f"{name}.csv.gz" if compressed else f"{name}.csv"
    return Dataset(name, title, rows, MappingProxyType(columns), source, licence, file)


# The figures of a published table are facts, in which there is no copyright.
_FACTS = "public domain (figures of a published table)"
_OLD = "public domain (published before 1930)"
_STATED = "public domain (so stated in statsmodels.datasets)"
_PRICES = "public domain (prices that were quoted publicly are facts)"
_UCI = "CC BY 4.0 (UCI Machine Learning Repository)"

_NUCLEUS = (
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave_points",
    "symmetry",
    "fractal_dimension",
)
_STATISTIC = {
    "mean_{}": "mean over the nuclei",
    "{}_error": "standard error over the nuclei",
    "worst_{}": "mean of the three largest nuclei",
}

_ALL = (
    _dataset(
        "anes96",
        "American National Election Study of 1996: expected vote, party and views",
        944,
        {
            "popul": "population of the respondent's place, thousands",
            "TVnews": "days a week with television news",
            "selfLR": "own political leaning, 1 extremely liberal to 7 extremely conservative",
            "ClinLR": "leaning seen in Bill Clinton, same scale",
            "DoleLR": "leaning seen in Bob Dole, same scale",
            "PID": "party identification, 0 strong Democrat to 6 strong Republican",
            "age": "years",
            "educ": "education, 1 (eight grades or fewer) to 7 (doctorate)",
            "income": "household income, 24 ordered classes",
            "vote": "expected vote: 0 Clinton, 1 Dole",
            "logpopul": "log(popul + 0.1)",
        },
        source="American National Election Studies, 1996.",
        licence=_STATED,
    ),
    _dataset(
        "beetles",
        "flour beetles killed by carbon disulphide, by dose",
        8,
        {
            "log_dose": "base-10 logarithm of the concentration in mg/l",
            "beetles": "beetles exposed",
            "killed": "beetles dead after five hours",
        },
        source="Bliss, C. I. (1935). The calculation of the dosage-mortality curve. "
        "Annals of Applied Biology 22, 134-167. doi:10.1111/j.1744-7348.1935.tb07713.x",
        licence=_FACTS,
    ),
    _dataset(
        "breast_cancer",
        "diagnosis of breast tumours from the shape of their cell nuclei (Wisconsin)",
        569,
        {
            **{
                pattern.format(feature): f"{feature.replace('_', ' ')}, {statistic}"
                for pattern, statistic in _STATISTIC.items()
                for feature in _NUCLEUS
            },
            "diagnosis": "benign or malignant",
        },
        source="Wolberg, W., Mangasarian, O., Street, N. and Street, W. (1993). "
        "Breast Cancer Wisconsin (Diagnostic). doi:10.24432/C5DW2B",
        licence=_UCI,
        compressed=True,
    ),
    _dataset(
        "engel",
        "food expenditure and income of Belgian working-class households",
        235,
        {"income": "yearly, Belgian francs", "foodexp": "on food, yearly, Belgian francs"},
        source="Engel, E. (1857); Koenker, R. and Bassett, G. (1982). Robust tests for "
        "heteroscedasticity based on regression quantiles. Econometrica 50, 43-61. "
        "doi:10.2307/1912528",
        licence=_STATED,
    ),
    _dataset(
        "horse_kicks",
        "deaths by horse kick in the Prussian army, ten corps over twenty years",
        5,
        {
            "deaths": "deaths in one corps in one year",
            "corps_years": "in how many corps and years that many died",
        },
        source="Bortkiewicz, L. von (1898). Das Gesetz der kleinen Zahlen. Teubner, Leipzig.",
        licence=_OLD,
    ),
    _dataset(
        "influenza",
        "boys in bed with influenza at an English boarding school of 763, 1978",
        14,
        {
            "date": "calendar date",
            "day": "days since 22 January 1978",
            "in_bed": "boys in bed",
        },
        source="Anonymous (1978). Influenza in a boarding school. British Medical Journal 1, 587.",
        licence=_FACTS,
    ),
    _dataset(
        "iris",
        "flowers of three species of iris, measured",
        150,
        {
            "sepal_length": "cm",
            "sepal_width": "cm",
            "petal_length": "cm",
            "petal_width": "cm",
            "species": "setosa, versicolor or virginica",
        },
        source="Fisher, R. A. (1936). The use of multiple measurements in taxonomic problems. "
        "Annals of Eugenics 7, 179-188. doi:10.1111/j.1469-1809.1936.tb02137.x",
        licence=_UCI,
    ),
    _dataset(
        "leukemia",
        "weeks in remission of 42 children with leukaemia, 6-mercaptopurine against placebo",
        42,
        {
            "weeks": "time in remission, to relapse or to the end of observation",
            "relapse": "1 relapsed, 0 censored (in remission when last seen)",
            "treatment": "6-MP or placebo",
        },
        source="Freireich, E. J. et al. (1963). The effect of 6-mercaptopurine on the duration of "
        "steroid-induced remissions in acute leukemia. Blood 21, 699-716. "
        "doi:10.1182/blood.V21.6.699.699",
        licence=_FACTS,
    ),
    _dataset(
        "longley",
        "United States economy, yearly, 1947 to 1962: a regression with near collinear columns",
        16,
        {
            "totemp": "people employed, thousands",
            "gnpdefl": "price deflator of the gross national product, 1954 = 100",
            "gnp": "gross national product, millions of dollars",
            "unemp": "people unemployed, thousands",
            "armed": "people in the armed forces, thousands",
            "pop": "population of 14 years and over, thousands",
            "year": "calendar year",
        },
        source="Longley, J. W. (1967). An appraisal of least squares programs for the electronic "
        "computer from the point of view of the user. Journal of the American Statistical "
        "Association 62, 819-841. doi:10.1080/01621459.1967.10500896",
        licence=_STATED,
    ),
    _dataset(
        "nile",
        "flow of the Nile at Aswan, yearly, 1871 to 1970",
        100,
        {"year": "calendar year", "volume": "10^8 cubic metres"},
        source="Cobb, G. W. (1978). The problem of the Nile: conditional solution to a "
        "changepoint problem. Biometrika 65, 243-251. doi:10.1093/biomet/65.2.243",
        licence=_STATED,
    ),
    _dataset(
        "pelts",
        "hare and lynx pelts of the Hudson's Bay Company, yearly, 1900 to 1920",
        21,
        {
            "year": "calendar year",
            "hare": "hare pelts, thousands",
            "lynx": "lynx pelts, thousands",
        },
        source="Hewitt, C. G. (1921). The Conservation of the Wild Life of Canada. Scribner.",
        licence=_OLD,
    ),
    _dataset(
        "randhie",
        "doctor visits in a year, RAND health insurance experiment",
        20190,
        {
            "mdvis": "outpatient visits to a doctor in a year",
            "lncoins": "log(coinsurance rate + 1), the rate from 0 to 100",
            "idp": "1 with an individual deductible plan",
            "lpi": "log(max(1, yearly participation incentive payment))",
            "fmde": "0 if idp is 1, else log(max(1, maximum expenditure / (0.01 coinsurance)))",
            "physlm": "1 with a physical limitation; the published table has values in between",
            "disea": "index of chronic diseases",
            "hlthg": "1 if the person's own rating of health is good (excellent is the reference)",
            "hlthf": "1 if it is fair",
            "hlthp": "1 if it is poor",
        },
        source="RAND Health Insurance Experiment; Cameron, A. C. and Trivedi, P. K. (2005). "
        "Microeconometrics. Cambridge University Press. doi:10.1017/CBO9780511811241",
        licence=_STATED,
        compressed=True,
    ),
    _dataset(
        "stackloss",
        "ammonia lost at a plant that oxidises it to nitric acid, 21 days",
        21,
        {
            "stackloss": "10 times the percentage of the ammonia that escapes",
            "airflow": "flow of cooling air",
            "watertemp": "inlet temperature of the cooling water, degrees Celsius",
            "acidconc": "concentration of the acid: 10 times (per cent - 50)",
        },
        source="Brownlee, K. A. (1965). Statistical Theory and Methodology in Science and "
        "Engineering, 2nd edition. Wiley, New York.",
        licence=_STATED,
    ),
    _dataset(
        "statecrime",
        "crime and society in the fifty states of the United States and Washington, D.C., 2009",
        51,
        {
            "state": "name",
            "violent": "violent crimes per 100,000 people",
            "murder": "murders per 100,000 people",
            "hs_grad": "per cent with high school completed",
            "poverty": "per cent below the poverty line",
            "single": "per cent of families with a single head",
            "white": "per cent of one race, white",
            "urban": "per cent in urbanised areas of 50,000 people and more (2010)",
        },
        source="Statistical Abstract of the United States; American Community Survey, 2009.",
        licence=_STATED,
    ),
    _dataset(
        "stock_indices",
        "four European stock indices, daily closings, mid-1991 to mid-1998",
        1860,
        {
            "dax": "Germany, closing value of a business day",
            "smi": "Switzerland",
            "cac": "France",
            "ftse": "United Kingdom",
        },
        source="Stock exchanges of Frankfurt, Zurich, Paris and London, collected by Erste Bank "
        "AG, Vienna; the closings of EuStockMarkets in R's package datasets.",
        licence=_PRICES,
        compressed=True,
    ),
    _dataset(
        "strikes",
        "length of strikes in manufacturing in the United States, 1968 to 1976",
        62,
        {"duration": "days", "iprod": "unanticipated industrial production"},
        source="Kennan, J. (1985). The duration of contract strikes in US manufacturing. "
        "Journal of Econometrics 28, 5-28. doi:10.1016/0304-4076(85)90064-8",
        licence=_STATED,
    ),
    _dataset(
        "theoph",
        "theophylline in the blood of twelve subjects after one oral dose",
        132,
        {
            "subject": "number of the subject, eleven rows each",
            "weight": "of the subject, kg",
            "dose": "by mouth at time 0, mg per kg",
            "time": "since the dose, hours",
            "concentration": "in serum, mg per litre",
        },
        source="Boeckmann, A. J., Sheiner, L. B. and Beal, S. L. (1994). NONMEM Users Guide: "
        "Part V. University of California, San Francisco.",
        licence=_FACTS,
    ),
    _dataset(
        "turtles",
        "headings of 76 turtles after laying their eggs",
        76,
        {"degrees": "clockwise from north"},
        source="Gould, E., in Stephens, M. A. (1969). Techniques for directional data. "
        "Technical report 150, Department of Statistics, Stanford University.",
        licence=_FACTS,
    ),
)

CATALOGUE: Mapping[str, Dataset] = MappingProxyType({dataset.name: dataset for dataset in _ALL})
