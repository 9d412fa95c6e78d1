#include "callbacks/path_template.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "core/base/status_macros.h"

namespace cairn {
namespace {

// The most that a name of a file can be filled by one number.
constexpr int kMostDigits = 40;

// Reads digits at the front of `text`; 0 if there are none, and more than
// kMostDigits if the number is too large.
int ConsumeNumber(absl::string_view& text) {
  size_t count = 0;
  while (count < text.size() && absl::ascii_isdigit(text[count])) ++count;
  int number = 0;
  if (count > 0 && !absl::SimpleAtoi(text.substr(0, count), &number)) {
    number = kMostDigits + 1;
  }
  text.remove_prefix(count);
  return number;
}

// Whether a number may have been printed as `text`, also with a width.
bool IsPrintedNumber(absl::string_view text) {
  double value = 0;
  if (absl::StartsWith(text, "+")) return false;
  if (absl::SimpleAtod(text, &value)) return true;
  // Zeros are put in front of "nan" too.
  absl::ConsumePrefix(&text, "-");
  while (absl::ConsumePrefix(&text, "0")) {
  }
  return text == "nan" || text == "inf";
}

}  // namespace

absl::StatusOr<PathTemplate::Place> PathTemplate::ParsePlace(
    absl::string_view text) {
  const auto fail = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("\"{", text,
                     "}\" is no place in a path; write \"{epoch}\", "
                     "\"{epoch:04d}\" or \"{val_loss:.2f}\""));
  };
  Place place;
  const size_t colon = text.find(':');
  place.name = std::string(text.substr(0, colon));
  if (place.name.empty()) return fail();
  if (colon == absl::string_view::npos) return place;
  absl::string_view format = text.substr(colon + 1);
  place.zeros = absl::StartsWith(format, "0");
  place.width = ConsumeNumber(format);
  if (absl::ConsumePrefix(&format, ".")) {
    if (format.empty() || !absl::ascii_isdigit(format[0])) return fail();
    place.precision = ConsumeNumber(format);
  }
  if (format.size() > 1 || place.width > kMostDigits ||
      place.precision > kMostDigits) {
    return fail();
  }
  if (!format.empty()) place.kind = format[0];
  if (!format.empty() && !absl::StrContains("defg", format)) return fail();
  if (place.kind == 'd' && place.precision >= 0) return fail();
  return place;
}

absl::StatusOr<PathTemplate> PathTemplate::Parse(absl::string_view text) {
  PathTemplate result;
  while (!text.empty()) {
    std::string& literal = result.literals_.back();
    if (absl::ConsumePrefix(&text, "{{")) {
      literal += '{';
    } else if (absl::ConsumePrefix(&text, "}}")) {
      literal += '}';
    } else if (absl::ConsumePrefix(&text, "{")) {
      const size_t end = text.find('}');
      if (end == absl::string_view::npos) {
        return absl::InvalidArgumentError(
            absl::StrCat("\"{", text, "\": a brace is not closed"));
      }
      CAIRN_ASSIGN_OR_RETURN(Place place, ParsePlace(text.substr(0, end)));
      result.places_.push_back(std::move(place));
      result.literals_.emplace_back();
      text.remove_prefix(end + 1);
    } else if (text[0] == '}') {
      return absl::InvalidArgumentError(
          "a brace is closed that was not opened; \"}}\" stands for \"}\"");
    } else {
      literal += text[0];
      text.remove_prefix(1);
    }
  }
  return result;
}

std::string PathTemplate::Print(const Place& place, double value) {
  const bool is_whole = std::floor(value) == value && std::fabs(value) < 1e15;
  // Python gives a number with a precision and no kind that many digits.
  const char kind = place.kind != 0        ? place.kind
                    : place.precision >= 0 ? 'g'
                    : is_whole             ? 'd'
                                           : 0;
  std::string text;
  if (!std::isfinite(value)) {
    text = absl::StrCat(value);
  } else if (kind == 'd') {
    text = absl::StrFormat("%.0f", value);
  } else if (kind == 0) {
    text = absl::StrCat(value);
  } else {
    // Python's own precision where none is given.
    const int precision = place.precision < 0 ? 6 : place.precision;
    text = kind == 'e'   ? absl::StrFormat("%.*e", precision, value)
           : kind == 'f' ? absl::StrFormat("%.*f", precision, value)
                         : absl::StrFormat("%.*g", precision, value);
  }
  const size_t width = static_cast<size_t>(place.width);
  if (text.size() >= width) return text;
  const bool negative = text[0] == '-';
  const size_t at = place.zeros && negative ? 1 : 0;
  return text.insert(at,
                     std::string(width - text.size(), place.zeros ? '0' : ' '));
}

std::vector<std::string> PathTemplate::names() const {
  std::vector<std::string> names;
  for (const Place& place : places_) names.push_back(place.name);
  return names;
}

absl::StatusOr<std::string> PathTemplate::Fill(const Logs& values) const {
  std::string path = literals_[0];
  for (size_t i = 0; i < places_.size(); ++i) {
    const auto found = std::find_if(
        values.begin(), values.end(),
        [&](const auto& value) { return value.first == places_[i].name; });
    if (found == values.end()) {
      std::vector<std::string> names;
      for (const auto& [name, value] : values) names.push_back(name);
      return absl::InvalidArgumentError(
          absl::StrCat("nothing is called \"", places_[i].name,
                       "\"; there are ", absl::StrJoin(names, ", ")));
    }
    absl::StrAppend(&path, Print(places_[i], found->second), literals_[i + 1]);
  }
  return path;
}

bool PathTemplate::MatchesName(absl::string_view name) const {
  absl::string_view begin = literals_[0];
  begin.remove_prefix(begin.rfind('/') + 1);
  if (!absl::ConsumePrefix(&name, begin)) return false;
  // Where in the name the places so far may end.
  std::set<size_t> ends = {0};
  for (size_t i = 0; i < places_.size(); ++i) {
    const std::string& literal = literals_[i + 1];
    std::set<size_t> next;
    for (const size_t start : ends) {
      for (size_t end = start + 1; end <= name.size(); ++end) {
        if (absl::StartsWith(name.substr(end), literal) &&
            IsPrintedNumber(name.substr(start, end - start))) {
          next.insert(end + literal.size());
        }
      }
    }
    ends = std::move(next);
  }
  return ends.count(name.size()) > 0;
}

}  // namespace cairn
