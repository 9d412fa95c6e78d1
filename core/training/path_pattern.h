#ifndef CAIRN_CORE_TRAINING_PATH_PATTERN_H_
#define CAIRN_CORE_TRAINING_PATH_PATTERN_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace cairn {

// Whether `prefix` is `path` or a part of it that ends where a name does. The
// empty prefix is one of every path.
bool IsPathPrefix(absl::string_view prefix, absl::string_view path);

// A path, or a text that stands for several: `*` stands for any text without a
// slash and `**` for any text, also an empty one. Without either it is a
// prefix, as IsPathPrefix() has it.
class PathPattern {
 public:
  struct Match {
    // What the wildcards stand for, each for as little as possible, the first
    // before the others. Parts of the path.
    std::vector<absl::string_view> texts;
    absl::string_view rest;  // What lies below, without the slash.
  };

  explicit PathPattern(absl::string_view text);

  const std::string& text() const { return text_; }
  size_t wildcards() const { return wildcards_; }
  // Characters that stand for themselves.
  size_t literals() const { return tokens_.size() - wildcards_; }

  // Nothing unless `path`, or a part of it that ends where a name does, is one
  // that this stands for. Takes time in proportion to both lengths.
  std::optional<Match> Find(absl::string_view path) const;
  // This with a text in place of each wildcard. REQUIRES: there are as many.
  std::string Fill(absl::Span<const absl::string_view> texts) const;

 private:
  enum class Kind { kCharacter, kName, kPath };
  struct Token {
    Kind kind = Kind::kCharacter;
    char character = 0;
  };
  // Whether a token may go on over this character.
  static bool Covers(const Token& token, char character);
  // Where in `path` a match can go on, by token and then by place.
  std::vector<std::vector<bool>> FindWays(absl::string_view path) const;

  const std::string text_;
  std::vector<Token> tokens_;
  size_t wildcards_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_CORE_TRAINING_PATH_PATTERN_H_
