-- SPDX-License-Identifier: MIT OR Apache-2.0
--
-- Watches prices (protocol-docs/tickz.md).
--
--     publish                        watch
--    ┌─────┐                        ┌─────┐
--    │ PUB │ ── MSFT, time, 41.78 ▶ │ SUB │
--    └─────┘                        └─────┘

module Main (main) where

import Control.Concurrent (myThreadId, throwTo)
import Control.Monad (forM_, forever, guard, when)
import Data.Binary.Get (getDoublele, runGet)
import Data.ByteString (ByteString)
import qualified Data.ByteString.Char8 as Bytes
import qualified Data.ByteString.Lazy as Lazy
import Data.Char (isAsciiUpper, isDigit)
import Data.Maybe (fromMaybe)
import Numeric (showFFloat)
import System.Environment (getArgs, lookupEnv)
import System.Exit (ExitCode (..), exitWith)
import System.IO (BufferMode (..), hPutStrLn, hSetBuffering, stderr, stdout)
import System.Posix (Handler (..), installHandler, sigINT, sigTERM)
import System.ZMQ4

main :: IO ()
main = do
  symbols <- map Bytes.pack <$> getArgs
  when (null symbols || not (all isSymbol symbols)) $ do
    hPutStrLn stderr "usage: watch SYMBOL..."
    exitWith (ExitFailure 2)
  hSetBuffering stdout LineBuffering
  watcher <- myThreadId
  forM_ [sigINT, sigTERM] $ \signal ->
    installHandler signal (CatchOnce (throwTo watcher ExitSuccess)) Nothing

  withContext $ \zmq -> withSocket zmq Sub $ \ticks -> do
    setTcpKeepAlive On ticks
    mapM_ (subscribe ticks) symbols
    connect ticks . fromMaybe "tcp://127.0.0.1:9003" =<< lookupEnv "TICKZ_TICKS"
    forever $ do
      tick <- receiveMulti ticks
      forM_ (priceOf symbols tick) $ \(symbol, price) ->
        putStrLn (Bytes.unpack symbol ++ " " ++ showFFloat Nothing price "")

-- | Symbol and price of a tick; none of a malformed one, or of one that only the prefix matches.
priceOf :: [ByteString] -> [ByteString] -> Maybe (ByteString, Double)
priceOf symbols (symbol : time : price : rest) = do
  guard $ symbol `elem` symbols && all ((== 8) . Bytes.length) (time : price : take 1 rest)
  guard $ isFinite (f64 time) && isFinite (f64 price) && f64 price > 0
  pure (symbol, f64 price)
priceOf _ _ = Nothing

f64 :: ByteString -> Double
f64 = runGet getDoublele . Lazy.fromStrict

isFinite :: Double -> Bool
isFinite number = not (isNaN number || isInfinite number)

isSymbol :: ByteString -> Bool
isSymbol symbol =
  Bytes.length symbol `elem` [2 .. 16] && isAsciiUpper (Bytes.head symbol)
    && Bytes.all (\c -> isAsciiUpper c || isDigit c) symbol
