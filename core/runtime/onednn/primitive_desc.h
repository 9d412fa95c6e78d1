#ifndef CAIRN_CORE_RUNTIME_ONEDNN_PRIMITIVE_DESC_H_
#define CAIRN_CORE_RUNTIME_ONEDNN_PRIMITIVE_DESC_H_

#include <string>

#include "oneapi/dnnl/dnnl.hpp"

// The one place that knows the two generations of the library: 2.x makes a
// primitive descriptor from an operation descriptor, 3.x in one step.

namespace cairn {

inline dnnl::matmul::primitive_desc MatMulDesc(
    const dnnl::engine& engine, const dnnl::memory::desc& a,
    const dnnl::memory::desc& b, const dnnl::memory::desc* bias,
    const dnnl::memory::desc& c, const dnnl::primitive_attr& attributes) {
#if DNNL_VERSION_MAJOR >= 3
  if (bias != nullptr) {
    return dnnl::matmul::primitive_desc(engine, a, b, *bias, c, attributes);
  }
  return dnnl::matmul::primitive_desc(engine, a, b, c, attributes);
#else
  if (bias != nullptr) {
    return dnnl::matmul::primitive_desc(dnnl::matmul::desc(a, b, *bias, c),
                                        attributes, engine);
  }
  return dnnl::matmul::primitive_desc(dnnl::matmul::desc(a, b, c), attributes,
                                      engine);
#endif
}

struct ConvolutionGeometry {
  dnnl::memory::dims strides, dilations, padding_before, padding_after;
};

inline dnnl::convolution_forward::primitive_desc ConvolutionDesc(
    const dnnl::engine& engine, const dnnl::memory::desc& src,
    const dnnl::memory::desc& weights, const dnnl::memory::desc* bias,
    const dnnl::memory::desc& dst, const ConvolutionGeometry& g,
    const dnnl::primitive_attr& attributes) {
  const auto kind = dnnl::prop_kind::forward_training;
  const auto algorithm = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
  return dnnl::convolution_forward::primitive_desc(
      engine, kind, algorithm, src, weights,
      bias != nullptr ? *bias : dnnl::memory::desc(), dst, g.strides,
      g.dilations, g.padding_before, g.padding_after, attributes);
#else
  if (bias != nullptr) {
    return {dnnl::convolution_forward::desc(kind, algorithm, src, weights,
                                            *bias, dst, g.strides, g.dilations,
                                            g.padding_before, g.padding_after),
            attributes, engine};
  }
  return {dnnl::convolution_forward::desc(kind, algorithm, src, weights, dst,
                                          g.strides, g.dilations,
                                          g.padding_before, g.padding_after),
          attributes, engine};
#endif
}

inline dnnl::convolution_backward_data::primitive_desc ConvolutionInputDesc(
    const dnnl::engine& engine, const dnnl::memory::desc& diff_src,
    const dnnl::memory::desc& weights, const dnnl::memory::desc& diff_dst,
    const ConvolutionGeometry& g, const dnnl::primitive_attr& attributes,
    const dnnl::convolution_forward::primitive_desc& forward) {
  const auto algorithm = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
  return dnnl::convolution_backward_data::primitive_desc(
      engine, algorithm, diff_src, weights, diff_dst, g.strides, g.dilations,
      g.padding_before, g.padding_after, forward, attributes);
#else
  return {dnnl::convolution_backward_data::desc(
              algorithm, diff_src, weights, diff_dst, g.strides, g.dilations,
              g.padding_before, g.padding_after),
          attributes, engine, forward};
#endif
}

inline dnnl::convolution_backward_weights::primitive_desc ConvolutionFilterDesc(
    const dnnl::engine& engine, const dnnl::memory::desc& src,
    const dnnl::memory::desc& diff_weights, const dnnl::memory::desc& diff_dst,
    const ConvolutionGeometry& g, const dnnl::primitive_attr& attributes,
    const dnnl::convolution_forward::primitive_desc& forward) {
  const auto algorithm = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
  return dnnl::convolution_backward_weights::primitive_desc(
      engine, algorithm, src, diff_weights, diff_dst, g.strides, g.dilations,
      g.padding_before, g.padding_after, forward, attributes);
#else
  return {dnnl::convolution_backward_weights::desc(
              algorithm, src, diff_weights, diff_dst, g.strides, g.dilations,
              g.padding_before, g.padding_after),
          attributes, engine, forward};
#endif
}

// `activation` is an op's name; empty adds nothing.
inline void AppendActivation(const char* activation,
                             dnnl::primitive_attr& attributes) {
  dnnl::algorithm algorithm;
  const std::string name = activation;
  if (name == "Relu")
    algorithm = dnnl::algorithm::eltwise_relu;
  else if (name == "Sigmoid")
    algorithm = dnnl::algorithm::eltwise_logistic;
  else if (name == "Tanh")
    algorithm = dnnl::algorithm::eltwise_tanh;
  else
    return;
  dnnl::post_ops operations;
#if DNNL_VERSION_MAJOR >= 3
  operations.append_eltwise(algorithm, 0.0f, 0.0f);
#else
  operations.append_eltwise(1.0f, algorithm, 0.0f, 0.0f);
#endif
  attributes.set_post_ops(operations);
}

}  // namespace cairn

#endif  // CAIRN_CORE_RUNTIME_ONEDNN_PRIMITIVE_DESC_H_
