"""The functions and methods of the language and its library that only compute, mint, or leave a mere trace."""

from __future__ import annotations

BUILTINS = frozenset(
    "abs all any ascii bin bool bytes bytearray chr complex dict divmod enumerate filter float format frozenset getattr "
    "hasattr hash hex id int isinstance issubclass iter len list map max min next oct ord pow property range repr "
    "reversed round set slice sorted str sum super tuple type vars zip Decimal Fraction timedelta SimpleNamespace "
    "defaultdict OrderedDict Counter ChainMap deque MappingProxyType namedtuple".split()
)
FUNCTIONS = frozenset(
    "copy deepcopy dumps loads partial replace asdict astuple setitem delitem getitem itemgetter attrgetter methodcaller reduce chain "
    "islice fromkeys join sub match search fullmatch findall fromisoformat fromtimestamp evolve cast setattr delattr "
    "canonical_key freshest_alias merge_entry suppress insort insort_left insort_right bisect bisect_left bisect_right "
    "heappush heappop heapify heapreplace heappushpop nlargest nsmallest substitute safe_substitute Template lru_cache cache".split()
)
STORE_FUNCTIONS = frozenset({"canonical_key", "freshest_alias", "merge_entry"})
PURE_MODULES = frozenset(
    "attr attrs bisect collections contextlib copy dataclasses datetime decimal enum fractions functools hashlib heapq html itertools "
    "json math numbers operator os pathlib pprint random re secrets statistics string textwrap time types typing "
    "unicodedata urllib uuid zoneinfo base64 asyncio builtins pydantic".split()
)
METHODS = frozenset(
    "popleft appendleft extendleft most_common move_to_end intersection_update difference_update get items keys values copy update append extend insert add discard remove pop popitem clear setdefault sort reverse "
    "index count translate expandtabs swapcase to_bytes from_bytes bit_count as_integer_ratio group groups groupdict union intersection difference symmetric_difference issubset issuperset isdisjoint strip lstrip rstrip "
    "lower upper title casefold split rsplit splitlines partition rpartition startswith endswith replace removeprefix "
    "removesuffix zfill capitalize format format_map encode decode isdigit isalpha isalnum isspace find rfind center "
    "ljust rjust isoformat timestamp strftime total_seconds date model_copy model_dump _replace _asdict as_dict to_dict "
    "subtract elements quantize to_integral_value bit_length hexdigest digest __setitem__ __getitem__ __contains__ __ior__ __or__".split()
)
# The functions of `operator` that change nothing, and those that make a function of that kind.
OPERATORS = frozenset(
    "add sub mul matmul truediv floordiv mod pow lshift rshift and_ or_ xor concat neg pos abs inv invert index not_ "
    "truth eq ne lt le gt ge is_ is_not contains countOf indexOf getitem length_hint".split()
)
# Modules whose functions all only compute, whatever they are called.
COMPUTING = frozenset(
    "base64 binascii bisect colorsys difflib fnmatch fractions hashlib html itertools json math re shlex statistics string "
    "struct textwrap unicodedata urllib.parse zlib".split()
)
# But these of their functions read or write a file, or fill a buffer.
HANDLING = frozenset(
    "base64.encode base64.decode hashlib.file_digest json.load json.dump shlex.shlex struct.pack_into".split()
)
GETTERS = frozenset({"itemgetter", "attrgetter"})
MAPPING = frozenset(
    "map filter reduce sorted min max sort accumulate starmap takewhile dropwhile groupby".split()
)
MINTING = frozenset(
    "uuid1 uuid4 uuid7 token_hex token_urlsafe token_bytes urandom randint random randrange getrandbits choice time "
    "time_ns monotonic monotonic_ns perf_counter now utcnow today ulid".split()
)
# They raise where what they are given does not fit.
REFUSING = frozenset(
    "int float complex Decimal Fraction ord chr next min max loads fromisoformat strptime fromhex index remove pop "
    "popitem popleft decode".split()
)
CLOCKS = frozenset("time time_ns monotonic monotonic_ns perf_counter now utcnow today".split())
# They leave a trace, but none that anything later depends on.
TRACES = frozenset("debug info warning error exception critical log".split())
HARMLESS = frozenset({"print", "pprint"})
PAUSES = frozenset({"sleep"})
