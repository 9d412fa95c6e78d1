#ifndef CAIRN_CALLBACKS_PATH_TEMPLATE_H_
#define CAIRN_CALLBACKS_PATH_TEMPLATE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/training/history.h"

namespace cairn {

// A path with places for numbers, as Keras writes it:
// "run/cp-{epoch:04d}-{val_loss:.2f}". A place names an entry of the logs and
// may say how it is printed: a width, with a leading 0 to fill with zeros, a
// precision after a dot, and d, e, f or g. "{{" and "}}" stand for braces.
class PathTemplate {
 public:
  // InvalidArgument if a place is not closed or its format is none of these.
  static absl::StatusOr<PathTemplate> Parse(absl::string_view text);

  // Whether there is any place.
  bool has_places() const { return !places_.empty(); }
  // What stands before the first place.
  const std::string& literal_prefix() const { return literals_[0]; }

  // The names of all places, in their order.
  std::vector<std::string> names() const;

  // InvalidArgument, with the names there are, if `values` lacks one.
  absl::StatusOr<std::string> Fill(const Logs& values) const;
  // Whether Fill() may have given a path whose last part is `name`, with some
  // number in each place. REQUIRES: there is no slash behind the first place.
  bool MatchesName(absl::string_view name) const;

 private:
  struct Place {
    std::string name;
    bool zeros = false;
    int width = 0, precision = -1;
    char kind = 0;  // 0: the shortest form.
  };

  static absl::StatusOr<Place> ParsePlace(absl::string_view text);
  static std::string Print(const Place& place, double value);

  // One more than places.
  std::vector<std::string> literals_ = {""};
  std::vector<Place> places_;
};

}  // namespace cairn

#endif  // CAIRN_CALLBACKS_PATH_TEMPLATE_H_
