#include "core/ops/max_pool_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/ops/max_pool_rows.cc"
#include "hwy/foreach_target.h"
// Must come after foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The part of a window that lies in the image.
struct Span {
  int64_t begin, end;
};
HWY_INLINE Span InImage(int64_t place, int64_t stride, int64_t pad,
                        int64_t window, int64_t size) {
  const int64_t begin = place * stride - pad;
  return {std::max<int64_t>(begin, 0), std::min(begin + window, size)};
}

void Forward(const MaxPoolGeometry& g, const float* image, float* maxima) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t oh = 0; oh < g.out_height; ++oh) {
    const Span rows =
        InImage(oh, g.stride_height, g.pad_top, g.window_height, g.in_height);
    for (int64_t ow = 0; ow < g.out_width; ++ow) {
      const Span columns =
          InImage(ow, g.stride_width, g.pad_left, g.window_width, g.in_width);
      float* out = maxima + (oh * g.out_width + ow) * g.channels;
      int64_t c = 0;
      for (; c + lanes <= g.channels; c += lanes) {
        auto best = hn::Set(d, -HUGE_VALF);
        for (int64_t h = rows.begin; h < rows.end; ++h) {
          const float* in =
              image + (h * g.in_width + columns.begin) * g.channels + c;
          for (int64_t w = columns.begin; w < columns.end; ++w) {
            const auto x = hn::LoadU(d, in);
            // Keeps a NaN.
            best =
                hn::IfThenElse(hn::Or(hn::Gt(x, best), hn::IsNaN(x)), x, best);
            in += g.channels;
          }
        }
        hn::StoreU(best, d, out + c);
      }
      for (; c < g.channels; ++c) {
        float best = -HUGE_VALF;
        for (int64_t h = rows.begin; h < rows.end; ++h) {
          for (int64_t w = columns.begin; w < columns.end; ++w) {
            const float x = image[(h * g.in_width + w) * g.channels + c];
            if (x > best || x != x) best = x;
          }
        }
        out[c] = best;
      }
    }
  }
}

// As Forward(), and notes which pixel of each window was the first largest.
void ForwardWithIndex(const MaxPoolGeometry& g, const float* image,
                      float* maxima, uint8_t* index) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const hn::Rebind<uint8_t, decltype(d)> d8;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t oh = 0; oh < g.out_height; ++oh) {
    const Span rows =
        InImage(oh, g.stride_height, g.pad_top, g.window_height, g.in_height);
    const int64_t top = oh * g.stride_height - g.pad_top;
    for (int64_t ow = 0; ow < g.out_width; ++ow) {
      const Span columns =
          InImage(ow, g.stride_width, g.pad_left, g.window_width, g.in_width);
      const int64_t left = ow * g.stride_width - g.pad_left;
      const int64_t at = (oh * g.out_width + ow) * g.channels;
      const auto place = [&](int64_t h, int64_t w) {
        return static_cast<int32_t>((h - top) * g.window_width + w - left);
      };
      const int32_t first = place(rows.begin, columns.begin);
      int64_t c = 0;
      for (; c + lanes <= g.channels; c += lanes) {
        auto best = hn::Set(d, -HUGE_VALF);
        auto where = hn::Set(di, first);
        for (int64_t h = rows.begin; h < rows.end; ++h) {
          const float* in =
              image + (h * g.in_width + columns.begin) * g.channels + c;
          for (int64_t w = columns.begin; w < columns.end; ++w) {
            const auto x = hn::LoadU(d, in);
            const auto better = hn::Or(hn::Gt(x, best), hn::IsNaN(x));
            best = hn::IfThenElse(better, x, best);
            where = hn::IfThenElse(hn::RebindMask(di, better),
                                   hn::Set(di, place(h, w)), where);
            in += g.channels;
          }
        }
        hn::StoreU(best, d, maxima + at + c);
        hn::StoreU(hn::DemoteTo(d8, where), d8, index + at + c);
      }
      for (; c < g.channels; ++c) {
        float best = -HUGE_VALF;
        int32_t where = first;
        for (int64_t h = rows.begin; h < rows.end; ++h) {
          for (int64_t w = columns.begin; w < columns.end; ++w) {
            const float x = image[(h * g.in_width + w) * g.channels + c];
            if (x > best || x != x) {
              best = x;
              where = place(h, w);
            }
          }
        }
        maxima[at + c] = best;
        index[at + c] = static_cast<uint8_t>(where);
      }
    }
  }
}

// Windows that do not overlap and leave no pixel out inside: each pixel of a
// window is written once.
void IndexBackwardDisjoint(const MaxPoolGeometry& g, const uint8_t* index,
                           const float* gradient, float* image_gradient) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const hn::Rebind<uint8_t, decltype(d)> d8;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t oh = 0; oh < g.out_height; ++oh) {
    const Span rows =
        InImage(oh, g.stride_height, g.pad_top, g.window_height, g.in_height);
    const int64_t top = oh * g.stride_height - g.pad_top;
    for (int64_t ow = 0; ow < g.out_width; ++ow) {
      const Span columns =
          InImage(ow, g.stride_width, g.pad_left, g.window_width, g.in_width);
      const int64_t left = ow * g.stride_width - g.pad_left;
      const int64_t at = (oh * g.out_width + ow) * g.channels;
      int64_t c = 0;
      for (; c + lanes <= g.channels; c += lanes) {
        const auto where = hn::PromoteTo(di, hn::LoadU(d8, index + at + c));
        const auto value = hn::LoadU(d, gradient + at + c);
        for (int64_t h = rows.begin; h < rows.end; ++h) {
          int64_t pixel = (h * g.in_width + columns.begin) * g.channels + c;
          int32_t place = static_cast<int32_t>((h - top) * g.window_width +
                                               columns.begin - left);
          for (int64_t w = columns.begin; w < columns.end; ++w, ++place) {
            const auto hit =
                hn::RebindMask(d, hn::Eq(where, hn::Set(di, place)));
            hn::StoreU(hn::IfThenElseZero(hit, value), d,
                       image_gradient + pixel);
            pixel += g.channels;
          }
        }
      }
      for (; c < g.channels; ++c) {
        for (int64_t h = rows.begin; h < rows.end; ++h) {
          for (int64_t w = columns.begin; w < columns.end; ++w) {
            const int64_t place = (h - top) * g.window_width + w - left;
            image_gradient[(h * g.in_width + w) * g.channels + c] =
                index[at + c] == place ? gradient[at + c] : 0.0f;
          }
        }
      }
    }
  }
}

void BackwardDisjoint(const MaxPoolGeometry& g, const float* image,
                      const float* maxima, const float* gradient,
                      float* image_gradient) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto zero = hn::Zero(d);
  for (int64_t oh = 0; oh < g.out_height; ++oh) {
    const Span rows =
        InImage(oh, g.stride_height, g.pad_top, g.window_height, g.in_height);
    for (int64_t ow = 0; ow < g.out_width; ++ow) {
      const Span columns =
          InImage(ow, g.stride_width, g.pad_left, g.window_width, g.in_width);
      const int64_t at = (oh * g.out_width + ow) * g.channels;
      int64_t c = 0;
      for (; c + lanes <= g.channels; c += lanes) {
        const auto max = hn::LoadU(d, maxima + at + c);
        auto left = hn::LoadU(d, gradient + at + c);
        for (int64_t h = rows.begin; h < rows.end; ++h) {
          int64_t pixel = (h * g.in_width + columns.begin) * g.channels + c;
          for (int64_t w = columns.begin; w < columns.end; ++w) {
            const auto hit = hn::Eq(hn::LoadU(d, image + pixel), max);
            hn::StoreU(hn::IfThenElseZero(hit, left), d,
                       image_gradient + pixel);
            left = hn::IfThenElse(hit, zero, left);
            pixel += g.channels;
          }
        }
      }
      for (; c < g.channels; ++c) {
        float left = gradient[at + c];
        for (int64_t h = rows.begin; h < rows.end; ++h) {
          for (int64_t w = columns.begin; w < columns.end; ++w) {
            const int64_t pixel = (h * g.in_width + w) * g.channels + c;
            const bool hit = image[pixel] == maxima[at + c];
            image_gradient[pixel] = hit ? left : 0.0f;
            if (hit) left = 0.0f;
          }
        }
      }
    }
  }
}

void BackwardOverlapping(const MaxPoolGeometry& g, const float* image,
                         const float* maxima, const float* gradient,
                         float* image_gradient) {
  for (int64_t oh = 0; oh < g.out_height; ++oh) {
    const Span rows =
        InImage(oh, g.stride_height, g.pad_top, g.window_height, g.in_height);
    for (int64_t ow = 0; ow < g.out_width; ++ow) {
      const Span columns =
          InImage(ow, g.stride_width, g.pad_left, g.window_width, g.in_width);
      const int64_t at = (oh * g.out_width + ow) * g.channels;
      for (int64_t c = 0; c < g.channels; ++c) {
        bool found = false;
        for (int64_t h = rows.begin; h < rows.end && !found; ++h) {
          for (int64_t w = columns.begin; w < columns.end && !found; ++w) {
            const int64_t pixel = (h * g.in_width + w) * g.channels + c;
            if (image[pixel] != maxima[at + c]) continue;
            image_gradient[pixel] += gradient[at + c];
            found = true;
          }
        }
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {
namespace {

HWY_EXPORT(Forward);
HWY_EXPORT(ForwardWithIndex);
HWY_EXPORT(IndexBackwardDisjoint);
HWY_EXPORT(BackwardDisjoint);
HWY_EXPORT(BackwardOverlapping);

// Sets to zero what no window covers, at the far edges of the image.
void ClearUncovered(const MaxPoolGeometry& g, float* image_gradient) {
  const int64_t rows =
      std::min(g.in_height, g.out_height * g.stride_height - g.pad_top);
  const int64_t columns =
      std::min(g.in_width, g.out_width * g.stride_width - g.pad_left);
  const int64_t row_size = g.in_width * g.channels;
  for (int64_t h = 0; h < rows; ++h) {
    std::fill(image_gradient + h * row_size + columns * g.channels,
              image_gradient + (h + 1) * row_size, 0.0f);
  }
  std::fill(image_gradient + rows * row_size,
            image_gradient + g.in_height * row_size, 0.0f);
}

bool IsDisjoint(const MaxPoolGeometry& g) {
  return g.window_height == g.stride_height && g.window_width == g.stride_width;
}

void Clear(const MaxPoolGeometry& g, float* image_gradient) {
  std::fill(image_gradient,
            image_gradient + g.in_height * g.in_width * g.channels, 0.0f);
}

// Windows that overlap: a pixel may be the largest of several.
void IndexBackwardOverlapping(const MaxPoolGeometry& g, const uint8_t* index,
                              const float* gradient, float* image_gradient) {
  for (int64_t oh = 0; oh < g.out_height; ++oh) {
    const int64_t top = oh * g.stride_height - g.pad_top;
    for (int64_t ow = 0; ow < g.out_width; ++ow) {
      const int64_t left = ow * g.stride_width - g.pad_left;
      const int64_t at = (oh * g.out_width + ow) * g.channels;
      for (int64_t c = 0; c < g.channels; ++c) {
        const int64_t h = top + index[at + c] / g.window_width;
        const int64_t w = left + index[at + c] % g.window_width;
        image_gradient[(h * g.in_width + w) * g.channels + c] +=
            gradient[at + c];
      }
    }
  }
}

}  // namespace

void MaxPoolImage(const MaxPoolGeometry& geometry, const float* image,
                  float* maxima) {
  HWY_DYNAMIC_DISPATCH(Forward)(geometry, image, maxima);
}

void MaxPoolImageBackward(const MaxPoolGeometry& geometry, const float* image,
                          const float* maxima, const float* gradient,
                          float* image_gradient) {
  if (IsDisjoint(geometry)) {
    ClearUncovered(geometry, image_gradient);
    HWY_DYNAMIC_DISPATCH(BackwardDisjoint)
    (geometry, image, maxima, gradient, image_gradient);
  } else {
    Clear(geometry, image_gradient);
    HWY_DYNAMIC_DISPATCH(BackwardOverlapping)
    (geometry, image, maxima, gradient, image_gradient);
  }
}

void MaxPoolImageWithIndex(const MaxPoolGeometry& geometry, const float* image,
                           float* maxima, uint8_t* index) {
  HWY_DYNAMIC_DISPATCH(ForwardWithIndex)(geometry, image, maxima, index);
}

void MaxPoolImageBackwardByIndex(const MaxPoolGeometry& geometry,
                                 const uint8_t* index, const float* gradient,
                                 float* image_gradient) {
  if (IsDisjoint(geometry)) {
    ClearUncovered(geometry, image_gradient);
    HWY_DYNAMIC_DISPATCH(IndexBackwardDisjoint)
    (geometry, index, gradient, image_gradient);
  } else {
    Clear(geometry, image_gradient);
    IndexBackwardOverlapping(geometry, index, gradient, image_gradient);
  }
}

}  // namespace cairn
#endif  // HWY_ONCE
