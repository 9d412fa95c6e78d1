#include "core/model/summary.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/base/status_macros.h"

namespace cairn {
namespace {

constexpr size_t kWidth = 65;
constexpr size_t kShapeColumn = 29;
constexpr size_t kCountColumn = 55;

// A cell that is too long is cut, as Keras does, so that columns stay.
std::string Row(absl::string_view layer, absl::string_view shape,
                absl::string_view count) {
  std::string row(layer.substr(0, kShapeColumn - 1));
  row.resize(kShapeColumn, ' ');
  absl::StrAppend(&row, shape.substr(0, kCountColumn - kShapeColumn - 1));
  row.resize(kCountColumn, ' ');
  absl::StrAppend(&row, count);
  while (!row.empty() && row.back() == ' ') row.pop_back();
  return absl::StrCat(row, "\n");
}

std::string Line(char c) { return absl::StrCat(std::string(kWidth, c), "\n"); }

std::string WithCommas(int64_t number) {
  const std::string digits = absl::StrCat(number);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

int64_t CountParameters(const Layer& layer) {
  int64_t count = 0;
  for (const Weight& weight : layer.weights()) {
    count += weight.variable->value().size();
  }
  return count;
}

}  // namespace

absl::StatusOr<std::string> Summary(Functional& model) {
  CAIRN_RETURN_IF_ERROR(model.TakeSnapshot({}).status());
  std::string text =
      absl::StrCat("Model: \"", model.name(), "\"\n", Line('_'),
                   Row("Layer (type)", "Output Shape", "Param #"), Line('='));
  bool first = true;
  for (const Functional::CallRecord& record : model.call_records()) {
    if (!first) absl::StrAppend(&text, Line('_'));
    first = false;
    absl::StrAppend(&text, Row(absl::StrCat(record.layer->name(), " (",
                                            record.layer->class_name(), ")"),
                               record.outputs.empty()
                                   ? ""
                                   : ShapeToString(record.outputs[0].shape),
                               absl::StrCat(CountParameters(*record.layer))));
  }
  int64_t total = 0, trainable = 0;
  for (const Weight& weight : model.weights()) {
    total += weight.variable->value().size();
    if (weight.trainable) trainable += weight.variable->value().size();
  }
  absl::StrAppend(&text, Line('='), "Total params: ", WithCommas(total),
                  "\nTrainable params: ", WithCommas(trainable),
                  "\nNon-trainable params: ", WithCommas(total - trainable),
                  "\n", Line('_'));
  return text;
}

}  // namespace cairn
