#include "saving/codec/checkpoint_state.h"

#include <charconv>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "saving/codec/proto/checkpoint_state.pb.h"

namespace cairn {
namespace {

// As Python prints a float: the fewest digits that read back as the same
// number, with a point, and an exponent if that is above 15 or below -4.
// Protobuf's own printer writes more digits.
std::string ShortestDouble(double value) {
  const double magnitude = std::abs(value);
  const bool with_exponent = std::isfinite(value) && value != 0 &&
                             (magnitude >= 1e16 || magnitude < 1e-4);
  char digits[64];
  const std::to_chars_result result = std::to_chars(
      digits, digits + sizeof(digits), value,
      with_exponent ? std::chars_format::scientific : std::chars_format::fixed);
  std::string text(digits, result.ptr);
  if (std::isfinite(value) && !with_exponent &&
      text.find('.') == std::string::npos) {
    text += ".0";
  }
  return text;
}

void AppendPath(absl::string_view field, absl::string_view path,
                std::string* text) {
  absl::StrAppend(text, field, ": \"", absl::Utf8SafeCEscape(path), "\"\n");
}

void AppendTime(absl::string_view field, double time, std::string* text) {
  absl::StrAppend(text, field, ": ", ShortestDouble(time), "\n");
}

// Keeps the first error, which the parser would otherwise print.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (!text.empty()) return;
    text =
        absl::StrCat("line ", line + 1, ", column ", column + 1, ": ", message);
  }
  void AddWarning(int, int, const std::string&) override {}

  std::string text;
};

}  // namespace

std::string EncodeCheckpointState(const CheckpointState& state) {
  std::string text;
  AppendPath("model_checkpoint_path", state.newest, &text);
  for (const std::string& path : state.all) {
    AppendPath("all_model_checkpoint_paths", path, &text);
  }
  for (const double time : state.timestamps) {
    AppendTime("all_model_checkpoint_timestamps", time, &text);
  }
  if (state.last_preserved != 0) {
    AppendTime("last_preserved_timestamp", state.last_preserved, &text);
  }
  return text;
}

absl::StatusOr<CheckpointState> DecodeCheckpointState(absl::string_view text) {
  proto::CheckpointState stored;
  google::protobuf::TextFormat::Parser parser;
  FirstError error;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(std::string(text), &stored)) {
    return absl::DataLossError(
        absl::StrCat("this is no checkpoint state: ", error.text));
  }
  if (stored.model_checkpoint_path().empty()) {
    return absl::DataLossError(
        "this is no checkpoint state: it names no newest checkpoint");
  }
  const int time_count = stored.all_model_checkpoint_timestamps_size();
  if (time_count != 0 &&
      time_count != stored.all_model_checkpoint_paths_size()) {
    return absl::DataLossError(absl::StrCat(
        "the checkpoint state names ", stored.all_model_checkpoint_paths_size(),
        " checkpoints and ", time_count, " times"));
  }
  CheckpointState state;
  state.newest = stored.model_checkpoint_path();
  state.all.assign(stored.all_model_checkpoint_paths().begin(),
                   stored.all_model_checkpoint_paths().end());
  state.timestamps.assign(stored.all_model_checkpoint_timestamps().begin(),
                          stored.all_model_checkpoint_timestamps().end());
  state.last_preserved = stored.last_preserved_timestamp();
  return state;
}

}  // namespace cairn
