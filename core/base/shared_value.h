#ifndef CAIRN_CORE_BASE_SHARED_VALUE_H_
#define CAIRN_CORE_BASE_SHARED_VALUE_H_

#include <memory>
#include <utility>

namespace cairn {

// A value that its copies share until one of them is changed: cheap to copy,
// and two that share need not be compared. Copies may be read and dropped on
// any thread; one is changed only while no other thread drops one.
template <typename T>
class SharedValue {
 public:
  SharedValue() : value_(Empty()) {}
  // Not explicit: this is a T in all but cost.
  SharedValue(T value) : value_(std::make_shared<T>(std::move(value))) {}

  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }
  operator const T&() const { return *value_; }
  // For loops over a container.
  auto begin() const requires requires(const T& value) { value.begin(); }
  { return value_->begin(); }
  auto end() const requires requires(const T& value) { value.end(); }
  { return value_->end(); }

  // This one's own, for changing. Good until the next copy is made of it.
  T& Mutable() {
    if (value_.use_count() > 1) value_ = std::make_shared<T>(*value_);
    return *value_;
  }

  // Whether both are copies of one value that neither has changed since.
  bool SharesWith(const SharedValue& other) const {
    return value_ == other.value_;
  }

 private:
  static std::shared_ptr<T> Empty() {
    static const auto* const empty =
        new std::shared_ptr<T>(std::make_shared<T>());
    return *empty;
  }

  std::shared_ptr<T> value_;
};

}  // namespace cairn

#endif  // CAIRN_CORE_BASE_SHARED_VALUE_H_
