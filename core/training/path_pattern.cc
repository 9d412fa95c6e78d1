#include "core/training/path_pattern.h"

#include "absl/strings/strip.h"

namespace cairn {

bool IsPathPrefix(absl::string_view prefix, absl::string_view path) {
  if (prefix.empty() || prefix == path) return true;
  return absl::ConsumePrefix(&path, prefix) && path[0] == '/';
}

PathPattern::PathPattern(absl::string_view text) : text_(text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '*') {
      tokens_.push_back({Kind::kCharacter, text[i]});
      continue;
    }
    const bool is_double = i + 1 < text.size() && text[i + 1] == '*';
    tokens_.push_back({is_double ? Kind::kPath : Kind::kName});
    ++wildcards_;
    i += is_double;
  }
}

bool PathPattern::Covers(const Token& token, char character) {
  return token.kind == Kind::kPath ||
         (token.kind == Kind::kName && character != '/');
}

// From the end, so that no way is tried twice, however many wildcards there are
// and however long a file's names.
std::vector<std::vector<bool>> PathPattern::FindWays(
    absl::string_view path) const {
  const size_t count = tokens_.size(), size = path.size();
  std::vector<std::vector<bool>> ways(count + 1,
                                      std::vector<bool>(size + 1, false));
  for (size_t place = 0; place <= size; ++place) {
    ways[count][place] = place == size || path[place] == '/';
  }
  for (size_t i = count; i-- > 0;) {
    const Token& token = tokens_[i];
    for (size_t place = size + 1; place-- > 0;) {
      const bool has_next = place < size;
      ways[i][place] =
          token.kind == Kind::kCharacter
              ? has_next && path[place] == token.character &&
                    ways[i + 1][place + 1]
              : ways[i + 1][place] || (has_next && Covers(token, path[place]) &&
                                       ways[i][place + 1]);
    }
  }
  return ways;
}

std::optional<PathPattern::Match> PathPattern::Find(
    absl::string_view path) const {
  Match match;
  size_t place = 0;
  if (wildcards_ == 0) {
    if (!IsPathPrefix(text_, path)) return std::nullopt;
    place = text_.size();
  } else {
    const std::vector<std::vector<bool>> ways = FindWays(path);
    if (!ways[0][0]) return std::nullopt;
    for (size_t i = 0; i < tokens_.size(); ++i) {
      const size_t begin = place;
      if (tokens_[i].kind == Kind::kCharacter) {
        ++place;
        continue;
      }
      while (!ways[i + 1][place]) ++place;
      match.texts.push_back(path.substr(begin, place - begin));
    }
  }
  match.rest = path.substr(place);
  absl::ConsumePrefix(&match.rest, "/");
  return match;
}

std::string PathPattern::Fill(absl::Span<const absl::string_view> texts) const {
  std::string filled;
  size_t next = 0;
  for (const Token& token : tokens_) {
    if (token.kind == Kind::kCharacter) {
      filled.push_back(token.character);
    } else {
      filled.append(texts[next].data(), texts[next].size());
      ++next;
    }
  }
  return filled;
}

}  // namespace cairn
