// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/io/safetensors.hpp>
#include <coco/nn/parameters.hpp>
#include <coco/quantize/rq_vae.hpp>
#include <coco/train/adamw.hpp>

#include "conformance/numbers.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using conformance::Numbers;
using quantize::RqVae;
using P = conformance::PolicyUnderTest<double>;

namespace {

/// tests/fixtures/rq_vae_reference.py: PyTorch 2 in double, stop-gradients by `detach`.
struct Trial {
    static constexpr Index rows = 14, columns = 10, width = 5, levels = 3;

    io::Safetensors file{COCO_TEST_DIR "/fixtures/rq_vae_reference.safetensors"};
    ParameterLayout layout;
    RqVae model{layout, config(), columns};
    P on = conformance::policy<P>(2);
    Workspace<P> work{on};
    Parameters<P> parameters{on, layout, 1};
    Gradients<P> gradients{on, layout};
    Numbers x = numbers("x");
    std::vector<Id> codes;  ///< of the last step, rows x levels

    Trial() {
        for (const Tensor& t : layout.tensors())
            on.upload(numbers("weight." + t.name).data(), parameters.list(t.ref));
    }
    static RqVae::Config config() {
        RqVae::Config c;
        c.width = width;
        c.hidden = {9, 7};
        c.codes = {6, 4, 5};
        return c;
    }
    Numbers numbers(const std::string& name) const {
        const auto values = file.get<double>(name, file.tensor(name).shape);
        return {values.begin(), values.end()};
    }

    /// Both terms of the loss; the gradients are those of this step alone.
    Numbers step() {
        work.reset();
        gradients.zero(on);
        Context<P> ctx = parameters.context(on, work);
        gradients.attach(ctx);
        const Rows<P> losses = conformance::uploaded(on, work, {0.0, 0.0}, {1, RqVae::terms});
        const auto chosen = model.step(
            ctx,
            CRows<P>(conformance::uploaded(on, work, x, {static_cast<Index>(x.size()) / columns, columns})),
            losses.data);
        const Index n = chosen.out.rows;
        std::vector<Id> by_level(static_cast<std::size_t>(levels * n));
        if (n > 0) on.download(Ids<P>(chosen.nearest), by_level.data());
        codes.clear();
        for (Index i = 0; i < n; ++i)
            for (Index l = 0; l < levels; ++l) codes.push_back(by_level[static_cast<std::size_t>(l * n + i)]);
        return conformance::downloaded<P>(on, CRows<P>(losses));
    }
};

/// The loss by plain loops, with codes held fixed and every stop-gradient written out as a constant of the
/// weights `at`.
class Surrogate {
public:
    explicit Surrogate(const Trial& trial) : trial_(trial) {
        for (const Tensor& t : trial.layout.tensors()) {
            values.push_back(trial.numbers("weight." + t.name));
            names_.push_back(t.name);
        }
        for (Index i = 0; i < Trial::rows; ++i) {
            const Numbers z = mlp("encoder", row(trial.x, i, Trial::columns));
            Numbers before(z.size(), 0.0), after;
            for (Index l = 0; l < Trial::levels; ++l) {
                after = before;
                const Numbers e = code(i, l);
                for (std::size_t j = 0; j < z.size(); ++j) after[j] += e[j];
                Numbers r = z;
                for (std::size_t j = 0; j < z.size(); ++j) r[j] -= before[j];
                residuals_.push_back(r);
                codes_.push_back(e);
                before_.push_back(before);
                before = after;
            }
            Numbers d = before;
            for (std::size_t j = 0; j < z.size(); ++j) d[j] -= z[j];
            straight_.push_back(d);
        }
    }

    std::vector<Numbers> values;  ///< of each tensor

    double operator()() const {
        double loss = 0;
        for (Index i = 0; i < Trial::rows; ++i) {
            const Numbers x = row(trial_.x, i, Trial::columns), z = mlp("encoder", x);
            Numbers passed = straight_[static_cast<std::size_t>(i)];
            for (std::size_t j = 0; j < z.size(); ++j) passed[j] += z[j];
            loss += squares(x, mlp("decoder", passed));
            for (Index l = 0; l < Trial::levels; ++l) {
                const std::size_t at = static_cast<std::size_t>(i * Trial::levels + l);
                Numbers r = z;
                for (std::size_t j = 0; j < z.size(); ++j) r[j] -= before_[at][j];
                loss += squares(residuals_[at], code(i, l)) + 0.25 * squares(r, codes_[at]);
            }
        }
        return loss / Trial::rows;
    }

private:
    static Numbers row(const Numbers& all, Index i, Index width) {
        return {all.begin() + i * width, all.begin() + (i + 1) * width};
    }
    static double squares(const Numbers& a, const Numbers& b) {
        double sum = 0;
        for (std::size_t j = 0; j < a.size(); ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
        return sum;
    }
    const Numbers& value(const std::string& name) const {
        for (std::size_t t = 0; t < names_.size(); ++t)
            if (names_[t] == "rq_vae." + name) return values[t];
        throw Error(name, "no such tensor");
    }
    Numbers code(Index i, Index level) const {
        return row(value(text_of("codes", level)),
                   trial_.codes[static_cast<std::size_t>(i * Trial::levels + level)], Trial::width);
    }
    Numbers mlp(const std::string& name, Numbers x) const {
        for (int l = 0; l < 3; ++l) {
            const Numbers &w = value(text_of(name, ".layer", l, ".weight")),
                          &b = value(text_of(name, ".layer", l, ".bias"));
            Numbers y = b;
            for (std::size_t o = 0; o < y.size(); ++o) {
                for (std::size_t j = 0; j < x.size(); ++j) y[o] += w[o * x.size() + j] * x[j];
                if (l < 2) y[o] = std::max(y[o], 0.0);
            }
            x = y;
        }
        return x;
    }

    const Trial& trial_;
    std::vector<std::string> names_;
    std::vector<Numbers> residuals_, codes_, before_, straight_;
};

}  // namespace

TEST_CASE("RQ-VAE: codes, loss and gradients equal PyTorch's", "[rq_vae]") {
    Trial trial;
    CHECK(trial.file.tensors().size() == 2 * trial.layout.tensors().size() + 4);
    const Numbers losses = trial.step(), expected = trial.numbers("losses");
    CHECK(losses[RqVae::reconstruction] == Approx(expected[0]).epsilon(1e-12));
    CHECK(losses[RqVae::quantization] == Approx(expected[1]).epsilon(1e-12));
    const auto codes = trial.file.get<Id>("codes", {Trial::rows, Trial::levels});
    CHECK(trial.codes == std::vector<Id>(codes.begin(), codes.end()));
    for (const Tensor& t : trial.layout.tensors()) {
        INFO(t.name);
        const Numbers gradient = trial.numbers("gradient." + t.name);
        CHECK(conformance::length(gradient) > 0);
        CHECK(conformance::distance(
                  conformance::downloaded<P>(trial.on, CRows<P>(trial.gradients.view(t.ref))), gradient) <
              1e-11);
    }

    trial.work.reset();
    Context<P> ctx = trial.parameters.context(trial.on, trial.work);
    const Rows<P> x = conformance::uploaded(trial.on, trial.work, trial.x, {Trial::rows, Trial::columns});
    const auto quantized =
        trial.model.quantizer().forward(ctx, CRows<P>(trial.model.encode(ctx, CRows<P>(x))));
    const Rows<P> restored = trial.model.decode(ctx, CRows<P>(quantized.out));
    CHECK(conformance::distance(conformance::downloaded<P>(trial.on, CRows<P>(restored)),
                                trial.numbers("restored")) < 1e-11);
}

TEST_CASE("RQ-VAE: twenty AdamW steps have PyTorch's losses", "[rq_vae]") {
    Trial trial;
    AdamWConfig config;
    config.decay = 0.1;
    AdamW<P> optimizer(trial.on, trial.layout, config);
    const std::vector<double> rates(trial.layout.groups().size(), 1e-2);
    const Numbers expected = trial.numbers("losses");
    for (std::size_t step = 0; step < 20; ++step) {
        const Numbers losses = trial.step();
        CHECK(losses[0] == Approx(expected[2 * step]).epsilon(1e-9));
        CHECK(losses[1] == Approx(expected[2 * step + 1]).epsilon(1e-9));
        optimizer.step(trial.on, {trial.parameters, trial.gradients, rates});
    }
}

TEST_CASE("RQ-VAE: the gradient is that of the loss with codes and stop-gradients held fixed", "[rq_vae]") {
    Trial trial;
    const Numbers losses = trial.step();
    Surrogate surrogate(trial);
    CHECK(surrogate() == Approx(losses[0] + losses[1]).epsilon(1e-12));
    for (std::size_t t = 0; t < surrogate.values.size(); ++t) {
        const Tensor& tensor = trial.layout.tensors()[t];
        const Numbers at = surrogate.values[t];
        conformance::gradient_agrees(
            tensor.name, at, conformance::downloaded<P>(trial.on, CRows<P>(trial.gradients.view(tensor.ref))),
            [&](const Numbers& x) {
                surrogate.values[t] = x;
                return surrogate();
            },
            1e-5);
        surrogate.values[t] = at;
    }
}

TEST_CASE("RQ-VAE: an item's codes do not depend on its batch, and a batch may be empty", "[rq_vae]") {
    Trial trial;
    trial.step();
    const std::vector<Id> together = trial.codes;
    const Numbers all = trial.x;
    std::vector<Id> one_by_one;
    for (Index i = Trial::rows; i-- > 0;) {
        trial.x = {all.begin() + i * Trial::columns, all.begin() + (i + 1) * Trial::columns};
        trial.step();
        one_by_one.insert(one_by_one.begin(), trial.codes.begin(), trial.codes.end());
    }
    CHECK(one_by_one == together);
    trial.x.clear();
    CHECK(trial.step() == Numbers{0, 0});
    CHECK(trial.codes.empty());
}

TEST_CASE("RQ-VAE: of two codes at the same distance the first is chosen", "[rq_vae]") {
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    Context<P> ctx{on, work};
    const Rows<P> x = conformance::uploaded(on, work, {1, 0, 0, 2, 3, 3}, {3, 2}),
                  codes = conformance::uploaded(on, work, {0, 1, 2, 1, 0, 1, 2, 1}, {4, 2});
    const MutableIds<P> nearest = work.keep_list<Id>(3);
    quantize::nearest_codes<P>(ctx, CRows<P>(x), CRows<P>(codes), nearest);
    std::vector<Id> found(3);
    on.download(Ids<P>(nearest), found.data());
    CHECK(found == std::vector<Id>{0, 0, 1});
}

TEST_CASE("RQ-VAE: settings out of range are errors", "[rq_vae]") {
    const auto message = [](auto change) {
        RqVae::Config config;
        change(config);
        ParameterLayout layout;
        try {
            const RqVae model(layout, config, 8);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("no error");
    };
    CHECK(message([](auto&) {}) == "no error");
    CHECK(message([](auto& c) { c.width = 0; }) ==
          "rq_vae.width: out of range: expected at least 1, found 0");
    CHECK(message([](auto& c) { c.codes.clear(); }) == "quantizer.codes: no levels: expected at least 1");
    CHECK(message([](auto& c) { c.codes[1] = 0; }).find("rq_vae.codes") == 0);
    CHECK(message([](auto& c) { c.hidden[0] = 0; }).find("rq_vae.hidden") == 0);
    CHECK(message([](auto& c) { c.commitment = -1; }).find("rq_vae.commitment: out of range") == 0);
}
