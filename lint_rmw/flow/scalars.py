"""Functions and methods that only compute: which make a value of what they are given, and which only judge it."""

from __future__ import annotations

# Computed from their arguments, with nothing hidden: the result is as stale as they are, and no less certain.
PURE = frozenset(
    "int str float bytes bool complex abs round len sum min max divmod pow repr ascii format hash hex oct bin ord chr "
    "any all Decimal Fraction fromisoformat timedelta join normpath basename quote unquote sha256 md5 hexdigest "
    "encode decode strip lstrip rstrip lower upper title casefold replace split rsplit partition rpartition splitlines "
    "removeprefix removesuffix zfill capitalize isoformat timestamp strftime total_seconds bit_length count index "
    "fromtimestamp fromordinal strptime match search fullmatch group groups sub floor ceil "
    "from_bytes to_bytes fromhex slice uuid3 uuid5".split()
)
# Methods of texts, numbers, times, matches and counters: what has such a name elsewhere may do something else.
OF_SCALARS = frozenset(
    "translate expandtabs swapcase center ljust rjust find rfind rindex findall finditer subn groupdict span start end "
    "expand lastindex as_integer_ratio is_integer conjugate bit_count quantize normalize to_integral_value "
    "date timetz timetuple utctimetuple toordinal weekday isoweekday isocalendar astimezone utcoffset ctime "
    "with_name with_stem with_suffix joinpath as_posix relative_to most_common elements total".split()
)
# Whether something is so of a text or a number: true or false, as a comparison is.
JUDGING = frozenset(
    "startswith endswith isdigit isalpha isalnum isdecimal isidentifier islower isnumeric isspace isupper istitle isascii "
    "isprintable issubset issuperset isdisjoint is_absolute is_relative_to".split()
)
# Of two values that differ, their results differ: comparing these is comparing those.
DISTINCT = frozenset(
    "int str float bytes repr hash Decimal sha256 sha1 md5 digest hexdigest encode decode fromisoformat isoformat".split()
)
# Their result says something about the value but is not made from it.
VERDICTS = frozenset(
    "isinstance issubclass callable hasattr id type print log debug info warning error exception critical".split()
)
