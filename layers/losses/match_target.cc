#include "layers/losses/match_target.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/graph/builder.h"
#include "core/ops/cast.h"
#include "core/ops/reshape.h"

namespace cairn {
namespace {

Value Misfit(Value target, Value prediction, absl::string_view user,
             absl::string_view wanted) {
  return prediction.builder()->Fail(absl::InvalidArgumentError(absl::StrCat(
      user, ": targets of shape ", ShapeToString(target.spec().shape),
      " do not fit predictions of shape ",
      ShapeToString(prediction.spec().shape), "; ", wanted)));
}

}  // namespace

Value MatchTarget(Value target, Value prediction, absl::string_view user) {
  if (!target.valid() || !prediction.valid())
    return Value(prediction.builder(), ValueId());
  // A copy: what is emitted moves the specs.
  const Shape wanted = prediction.spec().shape;
  Shape given = target.spec().shape;
  if (given != wanted && !wanted.empty() && wanted.back() == 1 &&
      given.size() + 1 == wanted.size()) {
    given.push_back(1);
    target = ops::Reshape(target, given);
  }
  if (!target.valid() || target.spec().shape != wanted) {
    return Misfit(target, prediction, user, "they need the same shape");
  }
  return ops::Cast(target, prediction.spec().dtype);
}

Value MatchLabels(Value target, Value prediction, absl::string_view user) {
  if (!target.valid() || !prediction.valid())
    return Value(prediction.builder(), ValueId());
  Shape wanted = prediction.spec().shape;
  if (!wanted.empty()) wanted.pop_back();
  Shape given = target.spec().shape;
  if (given.size() == wanted.size() + 1 && given.back() == 1) {
    given.pop_back();
    target = ops::Reshape(target, given);
  }
  if (!target.valid() || target.spec().shape != wanted) {
    return Misfit(target, prediction, user,
                  "they need one label for each row of the predictions");
  }
  const DType dtype = target.spec().dtype;
  return IsFloating(dtype) ? ops::Cast(target, DType::kInt64) : target;
}

}  // namespace cairn
